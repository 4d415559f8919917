"""The gate is tried against random histories; and histories that would not notice a broken gate prove nothing, so
each of its duties is taken away in turn, and the same property must fail."""

import pytest

from realtime.delivery import gate as gate_module
from realtime.delivery.gate import Frame, Gate
from tests.realtime.delivery.histories import CALM, CHAOS, PAGE, Snapshot, World, Wrong, calm, chaos, histories, prove

ROOM = 2


def frame(seq: int, final: bool = False) -> Frame:
    return Frame(seq, str(seq), final)


def live(after_seq: int = 0) -> Gate:
    """Make a gate that has read its log and waits for the next message."""
    gate = Gate(after_seq)
    assert gate.take_log([]) == [] and not gate.wants_log
    return gate


def seqs(frames: list[Frame]) -> list[int]:
    return [item.seq for item in frames]


def test_it_works() -> None:
    gate = Gate(2)
    assert (gate.take_hint(frame(5)), gate.wants_log) == ([], True)
    assert (seqs(gate.take_log([frame(3), frame(4)])), gate.wants_log) == ([3, 4, 5], False)
    assert seqs(gate.take_hint(frame(6, final=True))) == [6] and gate.ended


# --- random histories ------------------------------------------------------------------------------------------------


def test_lost_doubled_reordered_and_late_hints_restarts_and_trims_never_make_a_wrong_delivery() -> None:
    prove(World, chaos, with_check=True)


def test_nothing_waits_for_the_check_when_no_hint_is_lost() -> None:
    prove(World, calm, with_check=False)


def test_it_holds_when_it_can_hold_only_few_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "_HOLD", 2)
    prove(World, chaos, with_check=True)
    prove(World, calm, with_check=False)


# --- a gate that neglects a duty is caught ---------------------------------------------------------------------------


class NoDedup(Gate):
    def take_hint(self, frame: Frame) -> list[Frame]:
        if frame.seq < self.next_seq and not self.ended:
            return [frame]
        return super().take_hint(frame)


class NoGapReread(Gate):
    def take_hint(self, frame: Frame) -> list[Frame]:
        if frame.seq > self.next_seq and not self.wants_log and not self.ended:
            self._pass(frame)
            return [frame]
        return super().take_hint(frame)


class HeldForgotten(Gate):
    def take_log(self, frames: list[Frame]) -> list[Frame]:  # type: ignore[override]
        self._held.clear()
        return super().take_log(frames)


class NotEnding(Gate):
    def end(self) -> None:
        self.wants_log = False


@pytest.mark.parametrize("neglectful", [NoDedup, NoGapReread, NotEnding])
def test_a_gate_that_neglects_a_duty_is_caught(neglectful: type[Gate]) -> None:
    world = type("Mutant", (World,), {"make_gate": neglectful})
    with pytest.raises(Wrong):
        prove(world, chaos, with_check=True)


def test_a_gate_that_forgets_what_it_held_is_caught() -> None:
    world = type("Mutant", (World,), {"make_gate": HeldForgotten})
    with pytest.raises(Wrong, match="stopped"):
        prove(world, calm, with_check=False)


class Narrow(World):
    """A gate whose follower has room for two messages, and for two more after each acknowledgment."""

    def __init__(self, length: int, after_seq: int, committed: int) -> None:
        self.room = ROOM
        super().__init__(length, after_seq, committed)
        self.gate = self.make_gate(after_seq, self.admit)

    def admit(self, frame: Frame) -> bool:
        if not self.room:
            return False
        self.room -= 1
        return True

    def acknowledge(self, which: int) -> None:
        self.room = ROOM

    def read(self, which: int) -> None:
        if self.room:
            super().read(which)

    def send(self, frames: list[Frame]) -> None:
        super().send(frames)
        if not self.room and self.gate._refused and self.gate._held:
            raise Wrong("something is kept for a follower that has no room")

    def settle(self, *, with_check: bool) -> None:
        self.room = self.length
        super().settle(with_check=with_check)


def test_a_follower_with_little_room_gets_all_of_it_when_it_has_room_again() -> None:
    prove(Narrow, histories(f"{CHAOS} acknowledge acknowledge"), with_check=True)
    prove(Narrow, histories(f"{CALM} acknowledge acknowledge"), with_check=False)


class ForgetsTheRefused(Gate):
    def _pass(self, frame: Frame) -> bool:
        if not self._admit(frame):
            self.next_seq += 1
            return False
        return super()._pass(frame)


def test_a_gate_that_loses_what_it_could_not_send_is_caught() -> None:
    world = type("Mutant", (Narrow,), {"make_gate": ForgetsTheRefused})
    with pytest.raises(Wrong):
        prove(world, chaos, with_check=True)


class NoCheck(World):
    def check(self, which: int) -> None:
        pass


def test_without_the_check_a_lost_last_hint_is_caught() -> None:
    with pytest.raises(Wrong, match="stopped"):
        prove(NoCheck, chaos, with_check=True)


class SilentHole(World):
    """A gate that takes what the log still has, and ignores the gap."""

    def show(self, snapshot: Snapshot) -> None:
        self.gate.jump(self.first - 1)


def test_a_trimmed_log_that_makes_a_silent_hole_is_caught() -> None:
    with pytest.raises(Wrong, match="expected"):
        prove(SilentHole, chaos, with_check=True)


class ReadBeforeJoin(World):
    """A world that follows in the wrong order: hints between the read and the join are lost."""

    def read(self, which: int) -> None:
        if self.gate.wants_log and self.page is None:
            self.page = self.log[self.gate.next_seq - 1 :][:PAGE]

    def join(self, which: int) -> None:
        if self.page is not None or not self.gate.wants_log:
            super().join(which)

    def settle(self, *, with_check: bool) -> None:
        self.read(0)
        super().settle(with_check=with_check)


def test_reading_the_log_before_joining_the_group_is_caught() -> None:
    with pytest.raises(Wrong, match="stopped"):
        prove(ReadBeforeJoin, calm, with_check=False)


# --- single steps ----------------------------------------------------------------------------------------------------


def test_what_was_sent_is_not_sent_again() -> None:
    gate = live(3)
    assert gate.take_hint(frame(3)) == [] and gate.take_hint(frame(1)) == [] and not gate.wants_log
    assert seqs(gate.take_hint(frame(4))) == [4] and gate.take_hint(frame(4)) == []


def test_a_gap_wants_the_log_and_keeps_what_came_after_it() -> None:
    gate = live()
    assert gate.take_hint(frame(3)) == [] and gate.wants_log
    assert gate.take_hint(frame(2)) == []
    assert seqs(gate.take_log([frame(1)])) == [1, 2, 3] and not gate.wants_log


def test_a_log_that_does_not_reach_the_gap_yet_is_wanted_again() -> None:
    gate = live()
    gate.take_hint(frame(2))
    assert gate.take_log([]) == [] and gate.wants_log
    assert seqs(gate.take_log([frame(1)])) == [1, 2]


def test_a_check_wants_the_log_only_for_what_is_new() -> None:
    gate = live(5)
    for last_seq in (0, 4, 5):
        gate.take_last_seq(last_seq)
        assert not gate.wants_log
    gate.take_last_seq(6)
    assert gate.wants_log


def test_a_snapshot_stands_for_all_up_to_its_number() -> None:
    gate = Gate(0)
    gate.take_hint(frame(4))
    gate.take_hint(frame(8))
    gate.jump(7)
    assert seqs(gate.take_log([])) == [8]
    gate.jump(3)
    assert gate.next_seq == 9


def test_after_the_end_nothing_passes() -> None:
    gate = live()
    assert seqs(gate.take_hint(frame(1, final=True))) == [1]
    gate.take_last_seq(9)
    assert gate.take_hint(frame(2)) == [] and gate.take_log([frame(2)]) == [] and not gate.wants_log


def test_held_hints_are_bounded_and_the_rest_is_read_from_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "_HOLD", 10)
    gate = Gate(0)
    for seq in range(2, 1000):
        gate.take_hint(frame(seq))
    assert len(gate._held) == 10
    assert seqs(gate.take_log([frame(1)])) == list(range(1, 12)) and gate.wants_log


def test_what_has_no_room_is_not_held_but_read_from_the_log_again() -> None:
    room = [frame(1)]
    gate = Gate(0, lambda one: one in room)
    assert seqs(gate.take_log([frame(1), frame(2), frame(3)])) == [1] and gate.wants_log
    assert gate.take_hint(frame(4)) == [] and gate._held == {} and gate.next_seq == 2
    room += [frame(2), frame(3), frame(4)]
    assert seqs(gate.take_log([frame(2), frame(3)])) == [2, 3] and gate.wants_log
    assert seqs(gate.take_log([frame(4)])) == [4] and not gate.wants_log
