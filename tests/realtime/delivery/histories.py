"""Random histories of a request and of the hints about it, and one follower behind a gate who lives through them."""

from dataclasses import dataclass

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from realtime.delivery.gate import Frame, Gate

PAGE = 3
Step = tuple[str, int]
# The steps of a healthy layer: it delays, doubles and reorders, but loses nothing.
CALM = "commit commit commit hint hint hint double double look read take"
# Beside that, hints are lost, Redis restarts, the log is trimmed, and another attempt takes over.
CHAOS = f"{CALM} drop check restart subscribe subscribe trim attempt"


def histories(steps: str) -> st.SearchStrategy[list[Step]]:
    """First some commits and the join, in either order, then enough of the rest to get somewhere."""
    which = st.integers(0, 9)
    start = st.permutations([("commit", 0), ("commit", 0), ("join", 0), ("read", 0), ("take", 0)])
    rest = st.lists(st.tuples(st.sampled_from(steps.split()), which), min_size=20, max_size=60)
    return st.builds(lambda first, second: [*first, *second], start, rest)


chaos, calm = histories(CHAOS), histories(CALM)


class Wrong(AssertionError):
    """A follower got something twice, out of order, after the end, or not at all."""


@dataclass(frozen=True)
class Snapshot:
    """The snapshot for all numbers up to ``seq``, when the log no longer reaches back to the follower."""

    seq: int
    final: bool


class World:
    """One request, its log, the hints on their way, and one follower behind a gate."""

    make_gate = Gate

    def __init__(self, length: int, after_seq: int, committed: int) -> None:
        self.gate = self.make_gate(after_seq)
        self.length = length
        self.expected = after_seq + 1
        self.log: list[Frame] = []
        self.hints: list[Frame] = []
        self.joined = False
        self.subscribed = False
        """False between a restart of Redis and the moment when that is noticed."""
        self.first = 1
        """The lowest number that the log still has."""
        self.number_of_attempt = 1
        self.page: list[Frame] | Snapshot | None = None
        for _ in range(max(committed, after_seq)):
            self.commit(0)

    # --- what may happen -----------------------------------------------------------------------------------------

    def commit(self, which: int) -> None:
        if len(self.log) < self.length:
            seq = len(self.log) + 1
            frame = Frame(seq, f"{seq} of attempt {self.number_of_attempt}", seq == self.length)
            self.log.append(frame)
            if self.subscribed:
                self.hints.append(frame)

    def attempt(self, which: int) -> None:
        self.number_of_attempt += 1

    def join(self, which: int) -> None:
        self.joined = self.subscribed = True

    def restart(self, which: int) -> None:
        self.subscribed = False
        self.hints.clear()

    def subscribe(self, which: int) -> None:
        self.subscribed = self.joined

    def trim(self, which: int) -> None:
        self.first = min(len(self.log) + 1, self.first + which)

    def hint(self, which: int) -> None:
        if self.hints:
            self.send(self.gate.take_hint(self.hints.pop(which % len(self.hints))))

    def double(self, which: int) -> None:
        if self.hints:
            self.send(self.gate.take_hint(self.hints[which % len(self.hints)]))

    def drop(self, which: int) -> None:
        if self.hints:
            self.hints.pop(which % len(self.hints))

    def read(self, which: int) -> None:
        """Read the log now, and hand it over some time later."""
        if self.joined and self.gate.wants_log and self.page is None:
            self.page = self.find()

    def find(self) -> list[Frame] | Snapshot:
        if self.gate.next_seq < self.first:
            return Snapshot(len(self.log), self.log[-1].final)
        return self.log[self.gate.next_seq - 1 :][:PAGE]

    def take(self, which: int) -> None:
        page, self.page = self.page, None
        if page is None:
            return
        if isinstance(page, Snapshot):
            self.show(page)
            page = []
        self.send(self.gate.take_log(page))
        if len(page) == PAGE:
            self.gate.take_last_seq(self.gate.next_seq)

    def show(self, snapshot: Snapshot) -> None:
        if snapshot.seq < self.expected:
            raise Wrong(f"a snapshot went back to {snapshot.seq}, expected {self.expected}")
        self.expected = snapshot.seq + 1
        self.gate.jump(snapshot.seq)
        if snapshot.final:
            self.gate.end()

    def look(self, which: int) -> None:
        """Read the log and hand it over at once."""
        self.read(which)
        self.take(which)

    def check(self, which: int) -> None:
        self.gate.take_last_seq(len(self.log))

    # --- the end -------------------------------------------------------------------------------------------------

    def settle(self, *, with_check: bool) -> None:
        """End the request and let all hints arrive. Then the follower must have all of it."""
        self.join(0)
        while len(self.log) < self.length:
            self.commit(0)
        if with_check:
            self.hints.clear()
        while self.hints:
            self.hint(0)
        self.take(0)
        if with_check:
            self.check(0)
        for _ in range(self.length + 2):
            self.read(0)
            self.take(0)
        if self.expected != self.length + 1 or not self.gate.ended:
            raise Wrong(f"stopped before {self.expected} of {self.length}")

    def send(self, frames: list[Frame]) -> None:
        for frame in frames:
            if frame.seq != self.expected or frame != self.log[frame.seq - 1]:
                raise Wrong(f"got {frame.seq}, expected {self.expected}")
            self.expected += 1


def prove(world_class: type[World], steps: st.SearchStrategy[list[Step]], *, with_check: bool) -> None:
    """Search for a history in which the follower is not served right. Raises ``Wrong`` when there is one."""
    is_mutant = world_class is not World

    @settings(
        max_examples=200,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        # The shortest history that breaks a mutant is of no interest.
        phases=[Phase.generate] if is_mutant else [Phase.generate, Phase.shrink],
    )
    @given(st.integers(5, 25), st.sampled_from([0, 0, 0, 1, 4]), st.integers(0, 3), steps)
    def serves(length: int, after_seq: int, committed: int, history: list[Step]) -> None:
        world = world_class(length, min(after_seq, length - 1), committed)
        for name, which in history:
            getattr(world, name)(which)
        world.settle(with_check=with_check)

    serves()
