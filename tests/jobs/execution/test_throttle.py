import math
from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.execution.throttle import FLUSH_SECONDS, LATE_PERCENTAGE, LATE_SECONDS, Throttle, Update

percentages = st.floats() | st.floats(0, 100) | st.integers(0, 100).map(float)
pauses = st.sampled_from([0.0, 0.001, 0.05, 0.1, 0.19, 0.2, 0.5, 3.0])
stages = st.sampled_from([None, "read", "write"])
schedules = st.lists(st.tuples(pauses, percentages, stages), min_size=1, max_size=150)
thorough = settings(max_examples=150, deadline=None)


def update(percentage: float, message: str = "", stage: str | None = None) -> Update:
    return Update(percentage=percentage, message=message, metadata={"stage": stage} if stage else {})


def send_all(updates: Iterable[tuple[float, Update]]) -> list[tuple[float, Update]]:
    """List the sent updates, with their moments, when the owner takes a held update as soon as it is due."""
    throttle = Throttle()
    now = 0.0
    sent = []
    for pause, item in updates:
        due = throttle.due_at()
        if due is not None and due < now + pause:
            sent += [(due, taken) for taken in throttle.take(due)]
        now += pause
        sent += [(now, taken) for taken in throttle.offer(item, now)]
    return sent + [(now, taken) for taken in throttle.take(now, force=True)]


def numbered(schedule: list[tuple[float, float, str | None]]) -> list[tuple[float, Update]]:
    return [(pause, update(value, str(n), stage)) for n, (pause, value, stage) in enumerate(schedule)]


def test_it_works() -> None:
    throttle = Throttle()
    assert throttle.offer(update(1, "first"), 0.0) == [update(1, "first")]
    assert throttle.offer(update(2, "held"), 0.01) == []
    assert throttle.due_at() == FLUSH_SECONDS
    assert throttle.take(0.1) == []
    assert throttle.take(FLUSH_SECONDS) == [update(2, "held")]
    assert throttle.due_at() is None and throttle.take(9.0, force=True) == []


@thorough
@given(schedules)
def test_the_last_update_always_arrives(schedule: list[tuple[float, float, str | None]]) -> None:
    sent = send_all(numbered(schedule))
    assert sent[-1][1].message == str(len(schedule) - 1)


@thorough
@given(schedules)
def test_updates_are_sent_in_order_and_the_percentage_never_goes_back(
    schedule: list[tuple[float, float, str | None]],
) -> None:
    sent = [item for _, item in send_all(numbered(schedule))]
    numbers = [int(item.message) for item in sent]
    assert numbers == sorted(set(numbers))
    assert all(first.percentage <= second.percentage for first, second in pairwise(sent))
    assert all(0 <= item.percentage <= 100 for item in sent)


@thorough
@given(schedules)
def test_a_held_update_waits_no_longer_than_the_flush_interval(
    schedule: list[tuple[float, float, str | None]],
) -> None:
    throttle = Throttle()
    now = 0.0
    for pause, item in numbered(schedule):
        now += pause
        throttle.offer(item, now)
        due = throttle.due_at()
        assert due is None or due <= now + FLUSH_SECONDS


@thorough
@given(st.lists(st.tuples(st.floats(0.0, 0.3), st.floats(LATE_PERCENTAGE, 100)), min_size=2, max_size=200))
def test_from_ninety_per_cent_on_at_most_ten_a_second(schedule: list[tuple[float, float]]) -> None:
    throttle = Throttle()
    now = 0.0
    moments = []
    for pause, percentage in schedule:
        now += pause
        if throttle.take(now) or throttle.offer(update(percentage), now):
            moments.append(now)
    assert all(second - first >= LATE_SECONDS - 1e-9 for first, second in pairwise(moments))


@given(st.floats(0.0, 0.001), st.floats(0.1, 100.0))
def test_a_hundred_tight_updates_give_at_most_twenty_one_messages(pause: float, top: float) -> None:
    updates = [(pause, update(top * number / 100)) for number in range(1, 101)]
    assert len(send_all(updates)) <= 21


def test_every_fifth_update_is_sent_however_fast_they_come() -> None:
    sent = send_all([(0.0, update(number, str(number))) for number in range(1, 12)])
    assert [item.message for _, item in sent] == ["1", "6", "11"]


def test_a_change_of_stage_is_sent_at_once_with_the_end_of_the_old_one() -> None:
    throttle = Throttle()
    throttle.offer(update(1, "read 1", "read"), 0.0)
    assert throttle.offer(update(2, "read 2", "read"), 0.01) == []
    sent = throttle.offer(update(3, "write 1", "write"), 0.02)
    assert [item.message for item in sent] == ["read 2", "write 1"]
    assert throttle.due_at() is None


def test_numbers_that_make_no_sense_leave_the_percentage_where_it_was() -> None:
    values = [math.nan, -5.0, 40.0, math.nan, -math.inf, 39.0, 1e9, math.inf, 7.0]
    throttle = Throttle()
    shown = [throttle.offer(update(value), 10.0 * n)[0].percentage for n, value in enumerate(values)]
    assert shown == [0, 0, 40, 40, 40, 40, 100, 100, 100]
