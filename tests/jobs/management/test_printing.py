"""Tables of commands: whole in a file, and on a terminal as much as has room, each row on one line."""

import re
from io import StringIO

import pytest
from django.core.management.base import BaseCommand

from jobs.management.printing import print_table

COLUMNS = ("request", "user", "took", "message")
ROWS = [
    ["0198f2c4-4c1e", "alice", "3 min 5 s", "Reading the\nsecond table of the [bold]supplier[/bold]"],
    ["2", "bob", "–", ""],
]
_STYLE = re.compile(r"\x1b\[\d*m")
SPARE = ("took", "user", "message")


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def printed(out: StringIO) -> list[str]:
    print_table(BaseCommand(stdout=out), COLUMNS, ROWS, spare=SPARE)
    return [line.rstrip() for line in _STYLE.sub("", out.getvalue()).splitlines()]


@pytest.fixture
def columns(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    return int(request.param)


def test_a_file_gets_everything() -> None:
    assert printed(StringIO()) == [
        "request        user   took       message",
        "0198f2c4-4c1e  alice  3 min 5 s  Reading the second table of the [bold]supplier[/bold]",
        "2              bob    –",
    ]


@pytest.mark.parametrize("columns", [60], indirect=True)
def test_a_terminal_cuts_the_last_column_rather_than_breaking_a_line(columns: int) -> None:
    header, first, _ = printed(Terminal())
    assert header == "request        user   took       message"
    assert first.startswith("0198f2c4-4c1e  alice  3 min 5 s  Reading the sec") and first.endswith("…")
    assert len(first) == columns


@pytest.mark.parametrize("columns", [42], indirect=True)
def test_what_can_be_spared_goes_first(columns: int) -> None:
    header, first, _ = printed(Terminal())
    assert header == "request        user   message" and first.startswith("0198f2c4-4c1e  alice  Reading")


@pytest.mark.parametrize("columns", [15], indirect=True)
def test_what_tells_the_rows_apart_stays(columns: int) -> None:
    assert printed(Terminal()) == ["request", "0198f2c4-4c1e", "2"]
