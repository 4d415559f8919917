"""Small real programs to supervise, and a supervisor that is closed after the test."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streamer_site.local.process import Program
from streamer_site.local.supervisor import Supervisor

MakeProgram = Callable[..., Program]


@pytest.fixture
def lines() -> list[tuple[str, str]]:
    """Collect the lines of the supervised processes, and of the supervisor about them."""
    return []


@pytest.fixture
def supervisor(tmp_path: Path, lines: list[tuple[str, str]]) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "logs", lambda name, line: lines.append((name, line)))
    yield supervisor
    supervisor.close()


@pytest.fixture
def program(tmp_path: Path) -> MakeProgram:
    """Return ``program(name, python_code, **fields)``."""

    def make(name: str, code: str, **fields: object) -> Program:
        argv = (sys.executable, "-c", code)
        return Program(name=name, argv=argv, env=dict(os.environ), cwd=tmp_path, **fields)  # type: ignore[arg-type]

    return make
