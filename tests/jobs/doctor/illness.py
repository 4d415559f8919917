"""The doctor's findings and repairs, and the faults to be found."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.doctor import Diagnosis, all_checks, examine
from jobs.models import Status
from jobs.queue.wakeups import SWEEPER_HEARTBEATS, connection
from tests.jobs.building import run_next, submit

HOUR = timedelta(hours=1)


def ill(*, fix: bool = False, deep: bool = False) -> dict[str, Diagnosis]:
    return {one.check.name: one for one in examine(all_checks(deep=deep), fix=fix) if one.is_ill}


def found(name: str) -> tuple[str, ...]:
    """Return the examples of the only check that finds something, which must be this one."""
    findings = ill()
    assert list(findings) == [name]
    return findings[name].found.examples


def mended(name: str) -> str:
    """Repair the only illness and return the text of it. Afterwards there is none."""
    assert found(name)
    (diagnosis,) = (one for one in examine(all_checks(), fix=True) if one.done)
    assert diagnosis.check.name == name and diagnosis.found.count == 0
    assert not ill()
    return diagnosis.done


def completed(action: str = "zoo_count", **payload: Any) -> UUID:
    request_id = submit(action, **payload)
    assert run_next().status == Status.COMPLETED
    return request_id


def ago(span: timedelta) -> Any:
    return timezone.now() - span


def sweeper_lives() -> None:
    connection().set(f"{SWEEPER_HEARTBEATS}test", 1, ex=60)


def make_old(path: Path, span: timedelta) -> None:
    then = time.time() - span.total_seconds()
    os.utime(path, (then, then))
