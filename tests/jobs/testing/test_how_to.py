"""The examples of docs/how-to/test-a-handler.md, run as the project of somebody else."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from jobs.testing import ContextOptions, HandlerRun
from tests.jobs.testing.outside import ROOT, SETTINGS, run_pytest

PAGE = (ROOT / "docs/how-to/test-a-handler.md").read_text()


def examples() -> dict[str, str]:
    """Path → text of each file in the page; several blocks of one file follow each other."""
    files: dict[str, list[str]] = defaultdict(list)
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        first, _, text = block.partition("\n")
        assert first.startswith("# "), f"a block without the name of its file: {first}"
        files[first.removeprefix("# ")].append(text)
    return {name: "\n\n".join(texts) for name, texts in files.items()}


def test_every_example_works(tmp_path: Path) -> None:
    files = examples()
    tests = sum(text.count("\ndef test_") for text in files.values())
    done = run_pytest(tmp_path, files)
    assert f"{tests} passed" in done.stdout and done.returncode == 0, done.stdout + done.stderr
    assert tests == 9


def test_the_stack_needs_a_database_in_a_file(tmp_path: Path) -> None:
    files = {"conftest.py": 'pytest_plugins = ["jobs.testing.fixtures"]', "test_it.py": "def test_it(streamer): pass"}
    done = run_pytest(tmp_path, files, settings=SETTINGS)
    assert "The stack needs a SQLite database in a file" in done.stdout and "1 error" in done.stdout


def test_in_memory_no_database_is_needed(tmp_path: Path) -> None:
    files = {name: text for name, text in examples().items() if name.startswith(("shop/", "tests/test_count_words"))}
    files["setup_django.py"] = "import django\n\ndjango.setup()\n"
    done = run_pytest(tmp_path, files, "-p", "no:django", "-p", "setup_django")
    assert "5 passed" in done.stdout, done.stdout + done.stderr
    assert not list(tmp_path.rglob("*.sqlite3"))


@pytest.mark.parametrize("name", [*HandlerRun.__dataclass_fields__, *ContextOptions.__annotations__])
def test_the_page_names_every_field_and_option(name: str) -> None:
    assert re.search(rf"\b{name}\b", PAGE)
