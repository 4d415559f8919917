"""One run of the bench: what was asked for, and the systems that follow from it."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape

from benchmarks.systems.install import InstallFailed
from benchmarks.systems.load import LoadFailed
from benchmarks.systems.peers import PEER_SYSTEMS
from benchmarks.systems.running import Running, System
from benchmarks.systems.streamer import OtherStack, OwnStack
from benchmarks.systems.supervised import PeerFailed
from streamer_site.local.stack import StackFailed

_FAILURES = (PeerFailed, LoadFailed, InstallFailed, StackFailed, OSError)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Scenarios read it to know how much to measure, and beside whom."""

    rounds: int
    is_full: bool = False
    """True for the full set, which takes its time. The short one is over in ten minutes."""
    is_brief: bool = False
    """True: a system that no bar names has the first round alone."""
    peers: Sequence[str] = ()
    """The keys of the peers to measure."""
    database_url: str | None = None
    """PostgreSQL, to be measured besides SQLite."""
    other: OtherStack | None = None
    """A stack that runs elsewhere, to be measured instead of stacks of our own."""
    console: Console = field(default_factory=lambda: Console(highlight=False))

    def ours(self) -> list[System]:
        if self.other:
            return [self.other]
        databases = [None, *([self.database_url] if self.database_url else [])]
        return [OwnStack(database_url) for database_url in databases]

    def theirs(self) -> list[System]:
        return [peer for peer in PEER_SYSTEMS if peer.key in self.peers]

    def in_rounds(
        self,
        systems: Sequence[System],
        measure: Callable[[System, Running], None],
        *,
        named: Collection[str] | None = None,
    ) -> None:
        """Start each system in each round, measure it and stop it. Every round begins with another system.

        A failure of one is told, and the bench goes on with the others. ``named`` are the systems that bars name;
        None means all.
        """
        for number in range(self.rounds):
            first = number % len(systems) if systems else 0
            for system in [*systems[first:], *systems[:first]]:
                if number and self.is_brief and named is not None and not (system.is_ours or system.name in named):
                    continue
                begun = time.monotonic()
                try:
                    system.install()
                    with system.start() as running:
                        measure(system, running)
                except _FAILURES as failure:
                    self.console.print(f"{escape(system.name)} failed: {escape(str(failure))}", style="bold red")
                else:
                    self.say(f"round {number + 1} of {self.rounds}: {system.name}, {time.monotonic() - begun:.0f} s")

    def say(self, text: str) -> None:
        self.console.print(f"  {escape(text)}", style="dim")
