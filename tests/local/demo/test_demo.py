"""The demo from its first line to its last, against a real stack."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from streamer_site.local.demo.display import Display
from streamer_site.local.demo.story import explain, make_stack, tell

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]


def files_in(folder: Path) -> list[Path]:
    return list((folder / "files").iterdir())


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
    assert "64 requests, each with exactly one final message" in said
    assert "Another worker went on at" in said and "messages it had missed" in said
    assert "irises it was not shown" in said
    assert {".csv", ".json", ".jsonl", ".pdf", ".skops", ".xlsx"} <= {path.suffix for path in files_in(tmp_path)}
    assert all(path.name in said for path in files_in(tmp_path))
    assert "✗ as if something had failed" in said and "The log of worker-" in said
