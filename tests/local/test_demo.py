"""The demo from its first line to its last, against a real stack."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from streamer_site.local.demo import explain, make_stack, tell
from streamer_site.local.display import Display

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]


def test_it_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody:else@nowhere.invalid/precious")  # the demo keeps off it
    console = Console(file=io.StringIO(), width=100, highlight=False)
    stack = make_stack(tmp_path)
    try:
        problems = tell(stack, Display(console))
        explain(stack, ["as if something had failed"], Display(console))
    finally:
        stack.stop()
    assert problems == []
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    assert "63 requests, each with exactly one final message" in said
    files = sorted(path.suffix for path in (tmp_path / "files").iterdir())
    assert files == [".csv"] * 3 + [".pdf"] * 2 + [".xlsx"] * 2
    assert all(path.name in said for path in (tmp_path / "files").iterdir())
    assert "✗ as if something had failed" in said and "The log of worker-1 ends with" in said
