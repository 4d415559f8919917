from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.frame.bench import Bench
from benchmarks.systems.running import Running
from benchmarks.systems.supervised import PeerFailed


class Idle:
    """A system that only notes its starts."""

    def __init__(self, name: str, starts: list[str], *, fails: bool = False, is_ours: bool = False) -> None:
        self.name, self.is_ours = name, is_ours
        self._starts, self._fails = starts, fails

    def install(self) -> None:
        pass

    @contextmanager
    def start(self) -> Iterator[Running]:
        self._starts.append(self.name)
        if self._fails:
            raise PeerFailed("it does not listen")
        yield Running(driver="plain", url="")


def test_rounds_take_turns_and_a_failure_spoils_no_other_system() -> None:
    starts: list[str] = []
    measured: list[str] = []
    systems = [Idle("a", starts), Idle("b", starts, fails=True), Idle("c", starts)]
    Bench(rounds=2).in_rounds(systems, lambda system, running: measured.append(system.name))
    assert starts == ["a", "b", "c", "b", "c", "a"]
    assert measured == ["a", "c", "c", "a"]


def test_a_brief_run_measures_peers_that_no_bar_names_once() -> None:
    starts: list[str] = []
    systems = [Idle("Streamer", starts, is_ours=True), Idle("named", starts), Idle("other", starts)]
    Bench(rounds=2, is_brief=True).in_rounds(systems, lambda system, running: None, named=["named"])
    assert starts == ["Streamer", "named", "other", "named", "Streamer"]
