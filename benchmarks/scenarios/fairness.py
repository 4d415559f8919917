"""Fairness: the wait of one tenant while another floods both web processes, beside its wait without the flood.

The limits are the default ones. Flood and bystander have addresses of their own.
"""

import asyncio
import tempfile
import time
from pathlib import Path

import jwt

from benchmarks.fairness.bystander import first_progress_seconds
from benchmarks.fairness.floods import KINDS, Target, flooding
from benchmarks.frame.bars import Bar, judge
from benchmarks.frame.bench import Bench
from benchmarks.frame.figures import median_figures, percentile
from benchmarks.results import Row
from benchmarks.systems.streamer import BENCH_HANDLERS
from streamer_site.local.stack import Stack

_REQUESTS, _USERS, _WORKERS = 40, 8, 4
_HOUR = 3_600
_BAR = Bar("x alone", "<=", 2)


def measure(bench: Bench) -> list[Row]:
    """Measure each flood in turn, on a stack of its own in each round."""
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(bench.rounds):
        for kind in KINDS:
            found.setdefault(kind, []).append(measure_one(kind))
            bench.say(f"{kind}: {found[kind][-1]['x alone']:.2f} x alone")
    name = f"fairness: {_REQUESTS} requests one by one, beside another tenant's flood of both web processes"
    return [judge(Row(name, kind, median_figures(figures)), [_BAR]) for kind, figures in found.items()]


def measure_one(kind: str, requests: int = _REQUESTS) -> dict[str, float]:
    """Measure the bystander alone, and then beside a flood of ``kind``."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(
            Path(folder),
            ports=(0, 0),
            workers=_WORKERS,
            forks_workers=True,
            env=BENCH_HANDLERS,
            inherit_settings=False,
        ) as stack,
    ):
        bystander = _token(stack, "bystander", "other")
        target = Target(
            ws_urls=stack.ws_urls,
            http_urls=stack.http_urls,
            tokens=[_token(stack, f"user-{number}", "flood") for number in range(_USERS)],
        )

        def wait() -> list[float]:
            return asyncio.run(first_progress_seconds(stack.ws_urls[0], bystander, requests))

        wait()  # to warm up
        alone = wait()
        with flooding(kind, target) as refused:
            beside = wait()
            refusals = refused.value
    return {
        "alone p50 ms": 1000 * percentile(alone, 50),
        "first p50 ms": 1000 * percentile(beside, 50),
        "first p99 ms": 1000 * percentile(beside, 99),
        "x alone": percentile(beside, 50) / percentile(alone, 50),
        "refused": refusals,
    }


def _token(stack: Stack, user: str, tenant: str) -> str:
    key = (stack.data_dir / "jwt-signing-key").read_text().strip()
    claims = {"sub": user, "tenant_id": tenant, "permissions": ["*"], "exp": int(time.time()) + _HOUR}
    return jwt.encode(claims, key, "HS256")
