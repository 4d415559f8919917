import threading
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count, islice, pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from jobs.errors import AttemptLost, Cancelled, Stop
from jobs.execution import reporter
from jobs.execution.reporter import Reporter
from jobs.log import publishing
from jobs.log.events import append
from jobs.queue.claims import Claim
from realtime.delivery.layer import BoundedPubSubLayer
from tests.jobs.building import Started, Threads, change, claim, log_of, row_of, submit
from tests.local.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def finish(claimed: Claim, working: Reporter) -> list[dict[str, Any]]:
    """End the reporter as the runner does. Return the data of all logged progress."""
    append(claimed.request_id, working.close(), where=claimed.fence, changes={})
    return [dict(event.data) for event in log_of(claimed.request_id) if event.type == "progress"]


class FailingDatabase:
    """``append`` that fails while ``away``; it knows the longest batch it was asked to write, and when it was asked."""

    def __init__(self) -> None:
        self.away = True
        self.longest = 0
        self.called_at: list[float] = []

    def __call__(self, request_id: Any, drafts: Any, **changes: Any) -> Any:
        self.longest = max(self.longest, len(drafts))
        self.called_at.append(time.monotonic())
        if self.away:
            raise OperationalError("the database is away")
        return append(request_id, drafts, **changes)


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> FailingDatabase:
    database = FailingDatabase()
    monkeypatch.setattr(reporter, "append", database)
    return database


def report_until(condition: Callable[[], object], working: Reporter) -> None:
    """Report a thousand times as fast as possible, and again, until the condition holds."""
    numbers = count(1)

    def holds() -> object:
        for number in islice(numbers, 1_000):
            working.report(number / 1e6, str(number), {})
        return condition()

    eventually(holds, "there were reports enough")


def test_it_works(started: Started) -> None:
    claimed, working = started
    working.report(10, "ten", {"stage": "read"})
    eventually(lambda: row_of(claimed.request_id).percentage, "it is written")
    row = row_of(claimed.request_id)
    assert (row.percentage, row.message) == (10, "ten")
    working.report(20, "twenty", {"stage": "read"})
    assert [item["message"] for item in finish(claimed, working)] == ["ten", "twenty"]


def test_a_held_update_is_written_when_its_time_comes(started: Started) -> None:
    claimed, working = started
    working.report(1, "first", {})
    working.report(2, "held", {})
    eventually(lambda: row_of(claimed.request_id).message == "held", "the held update is written")


def test_eight_threads_leave_no_hole_and_never_go_back(started: Started) -> None:
    claimed, working = started
    numbers = count(1)
    lock = threading.Lock()

    def work() -> None:
        for _ in range(200):
            with lock:
                mine = next(numbers)
            working.report(mine / 16, f"{mine} of 1600", {})

    with Threads(*[work] * 8):
        pass
    sent = finish(claimed, working)
    percentages = [item["percentage"] for item in sent]
    assert all(first <= second for first, second in pairwise(percentages)) and percentages[-1] == 100
    assert len(sent) <= 1600 / 5 + 20


def test_partials_are_never_thinned_and_keep_their_place(started: Started) -> None:
    claimed, working = started
    for number in range(60):
        working.report(number, f"before {number}", {})
        working.partial({"number": number})
    append(claimed.request_id, working.close(), where=claimed.fence, changes={})
    said = [event.data.get("message", event.data.get("data")) for event in log_of(claimed.request_id)[1:]]
    assert said == [item for n in range(60) for item in (f"before {n}", {"number": n})]


def test_metadata_that_is_no_json_is_refused_where_it_was_said(started: Started) -> None:
    _, working = started
    with pytest.raises(TypeError):
        working.report(1, "", {"object": object()})
    with pytest.raises(TypeError):
        working.partial({"object": object()})


def test_what_is_too_large_for_one_message_is_refused_where_it_was_said(started: Started) -> None:
    claimed, working = started
    text = "x" * reporter.MAX_REPORT_BYTES
    with pytest.raises(ValueError, match="262,144 bytes"):
        working.partial({"text": text})
    with pytest.raises(ValueError, match="262,144 bytes"):
        working.report(1, "", {"text": text})
    working.partial({"text": text[:-11]})
    finish(claimed, working)
    assert log_of(claimed.request_id)[-1].data["data"] == {"text": text[:-11]}


@pytest.mark.parametrize("text", ["nul \x00 in it", "a file called caf\udce9"])
def test_a_message_that_cannot_be_stored_as_it_is_does_not_end_the_reports(started: Started, text: str) -> None:
    claimed, working = started
    working.report(1, text, {"stage": "odd"})
    working.report(2, "an ordinary one", {"stage": "ordinary"})
    eventually(lambda: row_of(claimed.request_id).message == "an ordinary one", "the next one is written")
    assert "\x00" not in str(finish(claimed, working))


# --- when the database is away ---------------------------------------------------------------------------------------


def test_memory_stays_bounded_while_the_database_is_away(started: Started, database: FailingDatabase) -> None:
    claimed, working = started
    report_until(lambda: len(database.called_at) >= 3, working)
    database.away = False
    working.report(100, "last", {})
    eventually(lambda: row_of(claimed.request_id).message == "last", "the last value arrives")
    assert database.longest <= 200
    assert finish(claimed, working)[-1]["percentage"] == 100


def test_a_database_that_is_away_is_not_hammered(started: Started, database: FailingDatabase) -> None:
    _, working = started
    report_until(lambda: len(database.called_at) >= 3, working)
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(database.called_at))


def test_what_was_not_written_is_handed_over_at_the_end(started: Started, database: FailingDatabase) -> None:
    claimed, working = started
    working.report(1, "first", {})
    working.report(2, "second", {})
    eventually(lambda: database.called_at, "a write is tried")
    assert [item["message"] for item in finish(claimed, working)] == ["first", "second"]


# --- when Redis, or the database, is slow ----------------------------------------------------------------------------


class StuckLayer:
    def __init__(self) -> None:
        self.let_go = threading.Event()

    def groups_send_now(self, messages: Any) -> None:
        self.let_go.wait(20)
        raise OSError("Redis is away")


def timed(working: Reporter) -> list[float]:
    """Measure 300 reports, in seconds, the longest last."""
    durations = []
    for number in range(300):
        before = time.perf_counter()
        working.report(number / 3, str(number), {"stage": str(number % 3)})
        durations.append(time.perf_counter() - before)
    return sorted(durations)


def assert_quick(durations: list[float]) -> None:
    # The rest is for a busy machine. A reporter that waited for the hanging call would take 20 s.
    assert durations[int(len(durations) * 0.95)] < 0.005 and durations[-1] < 5


def test_a_redis_that_hangs_does_not_slow_the_handler(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed, working = started
    stuck = StuckLayer()
    monkeypatch.setattr(publishing, "get_channel_layer", lambda: stuck)
    assert_quick(timed(working))
    stuck.let_go.set()
    assert finish(claimed, working)[-1]["message"] == "299"


def test_a_redis_that_is_gone_does_not_slow_the_handler(
    started: Started, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    claimed, working = started
    away = BoundedPubSubLayer(hosts=[{"address": f"redis://127.0.0.1:{closed_port}"}])
    monkeypatch.setattr(publishing, "get_channel_layer", lambda: away)
    assert_quick(timed(working))
    assert finish(claimed, working)[-1]["message"] == "299"


def test_a_database_that_hangs_does_not_slow_the_handler(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed, working = started
    let_go = threading.Event()

    def stuck(*arguments: Any, **named: Any) -> Any:
        let_go.wait(20)
        return append(*arguments, **named)

    monkeypatch.setattr(reporter, "append", stuck)
    assert_quick(timed(working))
    let_go.set()
    assert finish(claimed, working)[-1]["message"] == "299"


# --- orders to stop --------------------------------------------------------------------------------------------------


def stopped(working: Reporter) -> Stop | None:
    return working.stop_order()[0]


def test_the_first_order_to_stop_stays(started: Started) -> None:
    _, working = started
    working.check()
    working.stop_handler(AttemptLost())
    working.stop_handler(Cancelled(timezone.now()))
    for ask in (working.check, lambda: working.report(1, "", {}), lambda: working.partial({})):
        with pytest.raises(AttemptLost):
            ask()
    assert working.stop_order()[1] >= 0


@pytest.mark.usefixtures("quick_beats")
def test_a_wish_to_cancel_is_seen_without_a_report(started: Started) -> None:
    claimed, working = started
    wish = timezone.now()
    change(claimed.request_id, cancel_requested_at=wish)
    stop = eventually(lambda: stopped(working), "the wish is seen")
    assert isinstance(stop, Cancelled) and stop.requested_at == wish


def test_a_wish_to_cancel_is_seen_with_the_next_write(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed, working = started
    monkeypatch.setattr(Reporter, "_beat", lambda self: None)
    change(claimed.request_id, cancel_requested_at=timezone.now())
    working.report(1, "", {})
    eventually(lambda: stopped(working), "the wish is seen")


@pytest.mark.usefixtures("quick_beats")
@pytest.mark.parametrize("columns", [{"attempt": 2}, {"attempt_token": uuid4()}, {"status": "retrying"}])
def test_an_attempt_that_lost_the_request_is_told_so(started: Started, columns: dict[str, Any]) -> None:
    claimed, working = started
    change(claimed.request_id, **columns)
    assert isinstance(eventually(lambda: stopped(working), "the loss is seen"), AttemptLost)


@pytest.mark.usefixtures("quick_beats")
def test_the_lease_is_renewed_while_the_handler_says_nothing(settings: Settings) -> None:
    settings.STREAMER_LEASE_SECONDS = 0.3
    request_id = submit()
    working = Reporter(claim())
    working.start()
    first = row_of(request_id).lease_until
    assert first is not None
    later = first + timedelta(seconds=0.3)
    eventually(lambda: (row_of(request_id).lease_until or first) > later, "the lease is renewed, and again")
    assert isinstance(stopped(working), type(None))
    working.close()
