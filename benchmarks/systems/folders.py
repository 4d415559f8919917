"""The folders of the bench. What it installs, runs and records is under ``var/bench``, which Git ignores."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
BENCHMARKS = PROJECT / "benchmarks"
PEERS = BENCHMARKS / "peers"
HOME = PROJECT / "var" / "bench"
