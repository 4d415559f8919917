import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from jobs.contract.registry import all_handlers
from jobs.data.sources import source_fingerprint
from jobs.requests.result_cache import cache_key

MEANING = {"label": "Sales", "date": "day", "value": "amount", "category": "kind"}
Register = Callable[..., None]


@pytest.fixture
def register(settings: Settings) -> Register:
    """``register(**fields)``: the source ``sales`` is defined by them."""

    def define(**fields: Any) -> None:
        settings.STREAMER_SOURCES = {**settings.STREAMER_SOURCES, "sales": {**MEANING, **fields}}

    return define


@pytest.fixture
def file(tmp_path: Path, register: Register) -> Path:
    path = tmp_path / "one.csv"
    path.write_text("day,amount,kind\n")
    register(files=f"{tmp_path}/*.csv")
    return path


def test_it_works(file: Path) -> None:
    first = source_fingerprint("sales")
    assert first is not None and source_fingerprint("sales") == first


def test_each_change_of_a_file_shows(file: Path) -> None:
    seen = [source_fingerprint("sales")]
    changes: list[Callable[[], Any]] = [
        lambda: file.write_text("day,amount,kind\n2025-01-01,1,a\n"),
        lambda: os.utime(file, ns=(0, 1)),  # the same size, another time
        lambda: (file.parent / "two.csv").write_text("day,amount,kind\n"),
        lambda: (file.parent / "two.csv").rename(file.parent / "three.csv"),
        lambda: (file.parent / "three.csv").unlink(),
    ]
    for change in changes:
        change()
        seen.append(source_fingerprint("sales"))
    assert seen[-1] == seen[2]  # what was added is gone again
    assert len(set(seen)) == len(seen) - 1 and None not in seen


def test_another_definition_over_the_same_files_shows(file: Path, register: Register) -> None:
    first = source_fingerprint("sales")
    register(files=f"{file.parent}/*.csv", query="SELECT * FROM records WHERE amount > 0")
    assert source_fingerprint("sales") != first


def test_what_cannot_be_told_is_not(file: Path, register: Register) -> None:
    assert source_fingerprint("no such source") is None
    file.unlink()
    assert source_fingerprint("sales") is None
    register(database="default", query="SELECT 1")
    assert source_fingerprint("sales") is None


def test_a_report_is_known_by_its_source_and_by_what_it_covers(file: Path, register: Register) -> None:
    handler = all_handlers()["generate_report"]

    def key(**fields: Any) -> str | None:
        payload = {"source": "sales", "start_date": "2025-01-01", "end_date": "2025-01-31", **fields}
        return cache_key(handler, handler.parse(payload), tenant_id="acme", user_id="alice")

    first = key()
    assert first is not None
    assert key(start_date="2025-01-01T09:30:00Z", format="pdf", filters={}) == first
    assert key(format="csv") != first and key(filters={"kind": 1}) != key(filters={"kind": True})
    file.write_text("day,amount,kind\n2025-01-01,1,a\n")
    assert key() != first
    register(database="default", query="SELECT 1")
    assert key() is None
