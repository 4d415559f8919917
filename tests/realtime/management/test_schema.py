"""``streamer_schema`` writes the documents, and those of the repository are up to date."""

from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from jobs.contract.discovery.gathering import discover
from realtime.http.schema.yaml_text import to_yaml
from realtime.management.commands.streamer_schema import BUILDERS

DOCS = Path(__file__).resolve().parents[3] / "docs"


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("streamer_schema", *arguments, stdout=output)
    return output.getvalue()


def test_it_works(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert run("--output", str(folder)).count("Wrote") == 2
    written = yaml.safe_load((folder / "openapi.yaml").read_text())
    assert written["openapi"] == "3.1.0"
    assert "zoo_count" in written["x-actions"], "an action of this installation alone"
    assert "up to date" in run("--output", str(folder), "--check")


@pytest.mark.parametrize("name", BUILDERS)
def test_a_stale_or_missing_file_fails_the_check(name: str, tmp_path: Path) -> None:
    run("--output", str(tmp_path))
    path = tmp_path / name
    path.write_text(path.read_text() + "# edited by hand\n")
    with pytest.raises(CommandError, match=f"Out of date: .*{name}. Run manage.py streamer_schema --output"):
        run("--output", str(tmp_path), "--check")
    path.unlink()
    with pytest.raises(CommandError, match=name):
        run("--output", str(tmp_path), "--check")
    assert not path.exists()


@pytest.mark.parametrize("name", BUILDERS)
def test_the_documents_of_the_repository_are_up_to_date(name: str) -> None:
    handlers = [handler for handler in discover([]).handlers.values() if not handler.internal]
    is_same = (DOCS / name).read_text() == to_yaml(BUILDERS[name](handlers))
    assert is_same, "run .venv/bin/python manage.py streamer_schema"
