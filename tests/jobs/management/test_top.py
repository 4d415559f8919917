"""The live page: what it lists, what its keys do, and that it fits its terminal."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from jobs.management.commands import streamer_top
from jobs.management.top.board import Board
from jobs.management.top.keys import names_of
from jobs.management.top.page import draw
from jobs.models import AsyncRequest, PausedAction, Status
from tests.jobs.building import make_submission, row_of, run_next, store

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


def board_now() -> Board:
    board = Board()
    board.refresh()
    return board


def drawn(board: Board, *, width: int = 100, height: int = 30) -> list[str]:
    out = StringIO()
    Console(file=out, width=width, height=height).print(draw(board, height=height))
    return out.getvalue().splitlines()


def test_it_works() -> None:
    waits = store(make_submission("zoo_count"))
    text = "\n".join(drawn(board_now()))
    assert "zoo_count" in text and "Waiting" in text and "database" in text
    board = board_now()
    board.press("c")
    assert row_of(waits).status == Status.PENDING and board.said.startswith("Press c again to cancel zoo_count")
    board.press("c")
    assert row_of(waits).status == Status.CANCELLED and board.said.endswith("cancelled")
    board.refresh()
    assert board.rows == []


def test_requests_have_their_titles_and_those_with_failures_are_amber() -> None:
    for failed_items in (0, 3):
        store(make_submission("zoo_count", title=f"Count · {failed_items}", payload={"updates": 1}))
        AsyncRequest.objects.filter(id=run_next().id).update(failed_items=failed_items)
    board = Board(view="all")
    board.refresh()
    out = StringIO()
    Console(file=out, width=140, force_terminal=True, color_system="standard").print(draw(board, height=40))
    with_failures, without = (line for line in out.getvalue().splitlines() if "Count · " in line)
    amber, green = "33m", "32m"
    assert "Count · 3" in with_failures and f"{amber}Completed with 3 failures" in with_failures
    assert green not in with_failures and "Count · 0" in without and f"{green}Completed" in without


def test_another_key_between_the_two_changes_nothing() -> None:
    first, second = store(make_submission()), store(make_submission())
    board = board_now()
    for key in ("c", "down", "c"):
        board.press(key)
    assert {row_of(first).status, row_of(second).status} == {Status.PENDING}


def test_the_chosen_one_stays_chosen_when_others_come() -> None:
    chosen = store(make_submission())
    board = board_now()
    store(make_submission())
    board.refresh()
    assert board.current is not None and board.current.id == chosen and board.selected == 1


def test_failed_ones_are_listed_and_retried() -> None:
    store(make_submission("zoo_permanent"))
    failed = run_next()
    board = board_now()
    assert board.rows == []
    board.press("f")
    assert [row.id for row in board.rows] == [failed.id]
    board.press("r")
    board.press("r")
    assert AsyncRequest.objects.get(redo_of=failed.id).status == Status.PENDING


def test_an_action_is_paused_and_goes_on() -> None:
    store(make_submission("zoo_count"))
    board = board_now()
    for expected in (True, False):
        board.press("p")
        board.press("p")
        assert PausedAction.objects.exists() is expected
    assert board.said == "zoo_count goes on"


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (60, 24)])
def test_it_fits_its_terminal(width: int, height: int) -> None:
    for number in range(40):
        store(make_submission(user=f"user-{number}-{'x' * 40}"))
    board = board_now()
    for _ in range(3):
        lines = drawn(board, width=width, height=height)
        assert len(lines) <= height and max(map(len, lines)) <= width
        board.press("page down")
    assert board.selected == 30


def test_keys_mean_nothing_where_nothing_is() -> None:
    board = board_now()
    for key in ("up", "down", "c", "r", "p", "f", "x", "?"):
        board.press(key)
    assert "choose" in "\n".join(drawn(board)) and not board.is_over
    board.press("q")
    assert board.is_over


@given(st.binary(max_size=30))
def test_whatever_is_typed_is_named(pressed: bytes) -> None:
    assert all(names_of(pressed))


def test_arrows_are_known() -> None:
    assert names_of(b"\x1b[A\x1b[Bq\x1b[5~\x1bOB") == ["up", "down", "q", "page up", "down"]


def test_while_the_database_is_away_the_page_says_so() -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("no answer")

    board = board_now()
    with connection.execute_wrapper(fail):
        streamer_top._refresh(board)
    assert board.said == "The database does not answer: no answer"


def test_without_a_terminal_it_prints_once_or_says_what_to_do() -> None:
    out = StringIO()
    call_command("streamer_top", "--once", stdout=out)
    assert "Queues" in out.getvalue()
    with pytest.raises(CommandError, match="--once"):
        call_command("streamer_top")
    with pytest.raises(CommandError, match="from 0.5 to 60"):
        call_command("streamer_top", "--seconds", "nan")
