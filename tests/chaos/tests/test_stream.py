"""The books of a client: what counts as lost, doubled, disordered, and when something recovered."""

from typing import Any

import pytest

from tests.chaos.cells import Cell, all_cells
from tests.chaos.stream import Balance, Stream, Wanted, balance_of
from tests.chaos.tables import markdown_table, row, summary
from tests.chaos.trial import Result, late_recovery, recovery_seconds
from tests.chaos.triggers import Hit

REQUEST = "11111111-1111-1111-1111-111111111111"


def cell(name: str) -> Cell:
    return next(one for one in all_cells() if one.name == name)


def stream(*messages: dict[str, Any]) -> Stream:
    made = Stream(client_id="mine", wanted=Wanted(action="echo_async"), request_id=REQUEST)
    for message in messages:
        made.take(message)
    return made


def event(seq: int, kind: str = "progress", **fields: Any) -> dict[str, Any]:
    return {"type": kind, "request_id": REQUEST, "seq": seq, "timestamp": 100.0 + seq, **fields}


def final(seq: int) -> dict[str, Any]:
    return event(seq, "complete", final=True)


def test_it_works() -> None:
    whole = stream({"type": "acknowledgment", "request_id": REQUEST}, event(1, "started"), event(2), final(3))
    assert not whole.balance() and whole.ended and whole.outcome == "complete" and whole.last_seq == 3


@pytest.mark.parametrize(
    ("seqs", "balance"),
    [
        ([], Balance()),
        ([1, 2, 3], Balance()),
        ([1, 3], Balance(lost=1)),
        ([3], Balance(lost=2)),
        ([1, 2, 2, 3], Balance(doubled=1)),
        ([1, 3, 2], Balance(disordered=1)),
        ([1, 2, 3, 1, 2, 3], Balance(doubled=3)),
        ([3, 2, 1], Balance(disordered=2)),
    ],
)
def test_numbers_are_judged_by_what_came_when(seqs: list[int], balance: Balance) -> None:
    assert balance_of(seqs) == balance


def test_a_stream_without_an_end_has_lost_it_and_one_with_two_has_doubled_it() -> None:
    assert stream(event(1)).balance() == Balance(lost=1)
    assert stream(event(1), final(2), final(3)).balance() == Balance(doubled=1)


def test_a_message_of_a_lost_attempt_gives_itself_away() -> None:
    own = event(2, attempt=2, metadata={"run_by": 2})
    strange = event(3, attempt=2, metadata={"run_by": 1})
    end = {**final(4), "attempt": 2, "result": {"run_by": 1}}
    assert stream(event(1, "started", attempt=2), own, strange, end).strangers == 2


def test_an_error_is_told_with_its_code() -> None:
    assert stream(event(1, "error", final=True, error={"code": "WORKER_LOST"})).outcome == "error WORKER_LOST"


def test_recovery_begins_with_something_that_was_written_after_the_fault() -> None:
    hit = Hit(pid=1, parent=1, at=103.5, requests=(REQUEST,))
    seen = stream()
    seen.arrivals = [(104.0, event(3)), (105.0, event(4, "retrying")), (107.5, event(5, "started"))]
    assert recovery_seconds(cell("child-kill@mid-run"), [seen], hit) == 4.0
    assert recovery_seconds(cell("web-kill@during-replay"), [seen], hit) == 0.5
    assert recovery_seconds(cell("child-kill@mid-run"), [], hit) is None


def test_of_several_that_were_hit_the_last_one_counts() -> None:
    hit = Hit(pid=1, parent=1, at=100.0, requests=("mine", "other"))
    first, last = stream(), Stream(client_id="other", wanted=Wanted(action="delay"))
    first.arrivals, last.arrivals = [(101.0, event(1))], [(103.0, event(1))]
    assert recovery_seconds(cell("web-kill@after-submit-commit"), [first, last], hit) == 3.0


@pytest.mark.parametrize(
    ("name", "promised"),
    [
        ("both-kill@mid-run+defaults", 18.0),
        ("parent-kill@after-claim+defaults", 18.0),
        ("web-kill@after-submit-commit+defaults", 10.0),
        ("valkey-away@mid-run+defaults", 10.0),
    ],
)
def test_recovery_is_judged_with_the_default_settings_alone(name: str, promised: float) -> None:
    judged = cell(name)
    assert list(late_recovery(judged, promised, 15.0)) == list(late_recovery(judged, None, 15.0)) == []
    [late] = late_recovery(judged, promised + 0.1, 15.0)
    assert f"at most {promised:g} s" in late
    assert list(late_recovery(cell(name.removesuffix("+defaults")), 60.0, 3.0)) == []


def test_a_result_is_good_when_nothing_is_wrong() -> None:
    good = Result(cell=cell("child-kill@mid-run"), requests=16, recovery_seconds=3.25)
    bad = Result(cell=cell("web-kill@during-replay"), requests=16, balance=Balance(lost=1), doctor=("log-numbers: 1",))
    left_out = Result(cell=cell("postgres-restart@mid-run"), skipped="needs a command")
    assert good.is_good and not bad.is_good
    assert row(good) == ("child-kill@mid-run", "16", "3.2 s", "0", "0", "0", "healthy")
    assert row(bad)[3:] == ("1", "0", "0", "1 findings")
    assert summary([good, bad, left_out]).startswith("1 of 2 cells good, 1 skipped: 32 requests, lost 1, doubled 0")
    assert "| `child-kill@mid-run` | 16 | 3.2 s | 0 | 0 | 0 | healthy |" in markdown_table([good])
