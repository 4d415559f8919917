"""Topics behind the gate, tried against random histories as requests are, and through the hub with bad hints."""

import random
from typing import Any

import pytest
from hypothesis import strategies as st

from realtime.delivery.gate import Frame, Gate
from realtime.delivery.hub import Delivery
from realtime.models import TopicMessage
from realtime.topics import publish
from realtime.topics import publishing as publishing_module
from realtime.topics.log import TopicLog
from tests.realtime.delivery.histories import CALM, CHAOS, PAGE, Snapshot, World, Wrong, histories, prove
from tests.realtime.delivery.test_gate import NoDedup, NoGapReread
from tests.realtime.following import Follower
from tests.realtime.sockets import aside, until

PRICES = "tenant.acme.prices.gold"
chaos, calm = histories(CHAOS.replace("attempt", "")), histories(CALM)
Steps = st.SearchStrategy[list[tuple[str, int]]]


class TopicWorld(World):
    """A topic, which never ends. What was trimmed is said, and the rest of the log follows at once."""

    def __init__(self, *sizes: int) -> None:
        self.rest: list[Frame] = []
        super().__init__(*sizes)

    def commit(self, which: int) -> None:
        if len(self.log) < self.length:
            super().commit(which)
            last = self.log[-1] = Frame(len(self.log), self.log[-1].text, False)
            self.hints = [last if hint.seq == last.seq else hint for hint in self.hints]

    def find(self) -> list[Frame] | Snapshot:
        if self.gate.next_seq < self.first:
            self.rest = self.log[self.first - 1 :][:PAGE]
            return Snapshot(self.first - 1, False)
        return super().find()

    def take(self, which: int) -> None:
        page = self.page
        if isinstance(page, Snapshot):
            self.show(page)
            self.page = self.rest
        super().take(which)

    def settle(self, *, with_check: bool) -> None:
        try:
            super().settle(with_check=with_check)
        except Wrong as wrong:
            # All of it came, and no more is wanted: that a topic does not end is right.
            is_whole = self.expected == self.length + 1 and not self.gate.ended and not self.gate.wants_log
            if not (is_whole and str(wrong).startswith("stopped")):
                raise


@pytest.mark.parametrize(("steps", "with_check"), [(chaos, True), (calm, False)])
def test_lost_doubled_reordered_and_late_hints_and_trims_never_make_a_wrong_delivery(
    steps: Steps, with_check: bool
) -> None:
    prove(TopicWorld, steps, with_check=with_check)


@pytest.mark.parametrize("neglectful", [NoDedup, NoGapReread])
def test_a_gate_that_neglects_a_duty_is_caught(neglectful: type[Gate]) -> None:
    with pytest.raises(Wrong):
        prove(type("Mutant", (TopicWorld,), {"make_gate": neglectful}), chaos, with_check=True)


class SilentHole(TopicWorld):
    def show(self, snapshot: Snapshot) -> None:
        self.gate.jump(snapshot.seq)


def test_a_trimmed_history_that_makes_a_silent_hole_is_caught() -> None:
    with pytest.raises(Wrong):
        prove(SilentHole, chaos, with_check=True)


# --- through the hub, with a database and Redis ----------------------------------------------------------------------


@pytest.fixture
def unreliable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose, double and reorder hints."""
    chance, send, late = random.Random(7), publishing_module.send_hints, list[Any]()

    def send_badly(messages: Any) -> None:
        if chance.random() < 0.3:
            return
        late.append(messages)
        if chance.random() < 0.5:
            return
        chance.shuffle(late)
        for one in late:
            send(one)
            if chance.random() < 0.3:
                send(one)
        late.clear()

    monkeypatch.setattr(publishing_module, "send_hints", send_badly)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("quick_checks", "unreliable", "unlimited")
async def test_each_message_comes_once_and_in_order_whatever_becomes_of_hints(delivery: Delivery) -> None:
    def publish_some(count: int) -> None:
        for number in range(count):
            publish(PRICES, number)

    await aside(publish_some, 5)
    followers = {0: Follower(), 3: Follower()}
    for after_seq, follower in followers.items():
        await delivery.catch_up(await delivery.open_log(TopicLog(PRICES), follower, after_seq=after_seq))
    await aside(publish_some, 40)
    for after_seq, follower in followers.items():
        await until(lambda one=follower: one.seqs[-1:] == [45], "the last message")
        assert follower.seqs == list(range(after_seq + 1, 46))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_checks", "unlimited")
async def test_a_history_longer_than_a_page_comes_whole(delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.delivery.hub._PAGE", 3)
    await aside(lambda: [publish(PRICES, number) for number in range(10)])
    await aside(TopicMessage.objects.filter(seq__lte=2).delete)
    follower = Follower()
    await delivery.catch_up(await delivery.open_log(TopicLog(PRICES), follower))
    assert (follower.types[0], follower.seqs) == ("snapshot", [2, *range(3, 11)])
