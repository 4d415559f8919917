"""The credit window against random conversations, beside a plain account of unacknowledged messages."""

from collections import defaultdict
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.delivery.credit import CreditWindow

ONE, OTHER, UNKNOWN = UUID(int=1), UUID(int=2), UUID(int=3)
MAX_EVENTS, MAX_BYTES = 8, 100

sends = st.tuples(st.just("send"), st.sampled_from([ONE, OTHER]), st.integers(1, 150))
acknowledgments = st.tuples(st.just("received"), st.sampled_from([ONE, OTHER, UNKNOWN]), st.integers(0, 40))
conversations = st.lists(st.one_of(sends, sends, acknowledgments), max_size=80)


def opened(most_events: int = MAX_EVENTS, most_bytes: int = MAX_BYTES) -> CreditWindow:
    window = CreditWindow(most_events=most_events, most_bytes=most_bytes)
    window.received(UNKNOWN, 0)
    return window


class Account:
    """The messages that were sent and not acknowledged, by request and number."""

    def __init__(self) -> None:
        self.last: defaultdict[UUID, int] = defaultdict(int)
        self.out: dict[tuple[UUID, int], int] = {}

    def send(self, window: CreditWindow, request_id: UUID, size: int) -> None:
        was_full = window.is_full
        if window.admit(request_id, self.last[request_id] + 1, size):
            assert not was_full
            self.last[request_id] += 1
            self.out[request_id, self.last[request_id]] = size
        else:
            assert window.is_full and self.out

    def received(self, window: CreditWindow, request_id: UUID, seq: int) -> None:
        window.received(request_id, seq)
        if seq <= self.last[request_id]:
            self.out = {key: size for key, size in self.out.items() if key[0] != request_id or key[1] > seq}


def test_it_works() -> None:
    window = opened(most_events=4)
    assert [window.admit(ONE, seq, 1) for seq in range(1, 7)] == [True] * 4 + [False] * 2
    window.received(ONE, 1)
    assert window.is_full and not window.admit(ONE, 5, 1)
    window.received(ONE, 2)
    assert not window.is_full and window.admit(ONE, 5, 1)


@given(conversations)
def test_it_never_lets_out_more_than_it_may_and_counts_what_is_out(
    conversation: list[tuple[str, UUID, int]],
) -> None:
    window, account = opened(), Account()
    for kind, request_id, number in conversation:
        getattr(account, kind)(window, request_id, number)
        assert (window.out_events, window.out_bytes) == (len(account.out), sum(account.out.values()))
        assert len(account.out) <= MAX_EVENTS
        assert sum(account.out.values()) <= MAX_BYTES or len(account.out) == 1


@given(conversations)
def test_whoever_acknowledges_all_it_has_is_sent_more(conversation: list[tuple[str, UUID, int]]) -> None:
    window, account = opened(), Account()
    for kind, request_id, number in conversation:
        getattr(account, kind)(window, request_id, number)
    for request_id, last in account.last.items():
        window.received(request_id, last)
    assert (window.is_full, window.out_events, window.out_bytes) == (False, 0, 0)
    assert window.admit(ONE, account.last[ONE] + 1, MAX_BYTES * 10)


@given(conversations)
def test_until_the_first_acknowledgment_there_is_no_window(conversation: list[tuple[str, UUID, int]]) -> None:
    window = CreditWindow(most_events=MAX_EVENTS, most_bytes=MAX_BYTES)
    for seq, (_, request_id, size) in enumerate(conversation):
        assert window.admit(request_id, seq, size)
    assert not window.is_on and window.room_events() is None and window._out == {}


def test_what_cannot_be_true_changes_nothing_but_switches_it_on() -> None:
    window = CreditWindow(most_events=MAX_EVENTS, most_bytes=MAX_BYTES)
    window.received(UNKNOWN, 7)
    assert window.is_on
    window.admit(ONE, 1, 10)
    for request_id, seq in ((UNKNOWN, 1), (ONE, 0), (ONE, 2), (ONE, 2**31 - 1)):
        window.received(request_id, seq)
        assert window.out_events == 1
    window.received(ONE, 1)
    assert window.out_events == 0
    window.received(ONE, 1)
    assert (window.out_events, window.out_bytes) == (0, 0)


def test_what_is_sent_again_counts_again() -> None:
    window = opened()
    for seq in (1, 2, 3, 1, 2):
        assert window.admit(ONE, seq, 1)
    assert window.out_events == 5
    window.received(ONE, 2)
    assert window.out_events == 1


def test_it_says_once_that_it_is_full() -> None:
    window, said = opened(most_events=2), list[int]()
    window.on_full = lambda: said.append(1)
    for seq in range(1, 6):
        window.admit(ONE, seq, 1)
    assert said == [1]
    window.received(ONE, 2)
    for seq in range(3, 6):
        window.admit(ONE, seq, 1)
    assert said == [1, 1]


@pytest.mark.parametrize(("sizes", "room"), [([], 8), ([1], 7), ([10], 7), ([30], 2), ([50, 49], 1), ([500], 1)])
def test_the_room_is_for_messages_of_the_size_that_was_seen(sizes: list[int], room: int) -> None:
    window = opened()
    for seq, size in enumerate(sizes, 1):
        assert window.admit(ONE, seq, size)
    assert window.room_events() == room


def test_nothing_is_admitted_while_too_much_waits_to_be_sent() -> None:
    """It holds for a window that is off as well, and what is refused is not counted."""
    congested = True
    window = CreditWindow(most_events=MAX_EVENTS, most_bytes=MAX_BYTES, is_congested=lambda: congested)
    assert not window.admit(ONE, 1, 10) and not window.has_room
    congested = False
    assert window.admit(ONE, 1, 10) and window.has_room
    window.received(UNKNOWN, 0)
    congested = True
    assert not window.admit(ONE, 2, 10) and not window.has_room
    assert not window.is_full and (window.out_events, window.out_bytes) == (0, 0)
