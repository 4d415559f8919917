"""The conversations that every client must hold."""

import json
from pathlib import Path

import pytest
from fakes.scripted import REPOSITORY
from fakes.transcript import Transcript
from fakes.virtual_time import run_in_virtual_time

FOLDER = REPOSITORY / "clients" / "transcripts"
FILES = sorted(FOLDER.glob("*.json"))


@pytest.mark.skipif(not FILES, reason="clients/transcripts is not beside this package")
def test_there_are_some() -> None:
    assert len(FILES) > 30


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_client_holds_it(path: Path) -> None:
    welcome = json.loads((FOLDER / "format" / "welcome.json").read_text())
    run_in_virtual_time(Transcript(json.loads(path.read_text()), welcome).run())
