import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from benchmarks.frame.pages import block, with_block
from benchmarks.frame.tables import columns, markdown_table, terminal_table
from benchmarks.results import Row

ROWS = [
    Row("n30", "Streamer", {"requests/s": 50.0, "memory MB": 800.0}, bar="requests/s >= 60 (missed)", below=True),
    Row("n30", "peer", {"requests/s": 60.0, "memory MB": math.nan}),
]
PROSE = st.text(st.characters(blacklist_characters="<>", blacklist_categories=["Cs", "Cc"]))


def test_a_row_below_its_bar_is_bold_and_says_why() -> None:
    assert markdown_table(ROWS).splitlines() == [
        "| | requests/s | memory MB | bars |",
        "|---|---|---|---|",
        "| **Streamer** | **50** | **800** | missed: requests/s >= 60 |",
        "| peer | 60 | - | |",
    ]


def test_a_row_below_its_bar_is_red_in_a_terminal() -> None:
    console = Console(force_terminal=True, color_system="standard", width=100)
    with console.capture() as capture:
        console.print(terminal_table("n30", ROWS))
    ours, theirs = (next(line for line in capture.get().splitlines() if name in line) for name in ("Streamer", "peer"))
    assert "\x1b[1;31m" in ours
    assert "31m" not in theirs


def test_a_figure_that_nobody_has_is_no_column() -> None:
    assert columns([Row("n30", "peer", {"a": math.nan, "b": 1.0}), Row("n30", "other", {"c": 2.0})]) == ["b", "c"]


@given(before=PROSE, first=PROSE, second=PROSE, after=PROSE)
def test_only_what_is_between_the_marks_is_replaced(before: str, first: str, second: str, after: str) -> None:
    page = with_block(f"{before}.", "requests", first)
    page = f"{with_block(page, 'echo', 'kept')}\n{after}"
    again = with_block(page, "requests", second)
    assert again == with_block(with_block(page, "requests", first), "requests", second)
    assert again.startswith(f"{before}.".rstrip()) and again.endswith(after) and "\n\nkept\n\n" in again
    assert f"\n\n{second}\n\n" in again


def test_a_page_with_half_of_the_marks_is_left_alone() -> None:
    page = with_block("", "echo", "text").replace("<!-- end of bench echo -->", "")
    with pytest.raises(ValueError, match="end of bench echo"):
        with_block(page, "echo", "other")


def test_conditions_are_wrapped_and_every_scenario_has_a_table() -> None:
    text = block([*ROWS, Row("n100", "Streamer", {"requests/s": 55.0})], "words " * 50)
    assert all(len(line) <= 100 for line in text.splitlines() if not line.startswith("|"))
    assert text.index("**n30**") < text.index("| **Streamer** |") < text.index("**n100**") < text.index("| Streamer |")
