"""The sweeper's rules for topics: what their histories no longer keep, and members whose web process is dead."""

from datetime import datetime
from typing import Final

from jobs.sweeper.rules import Rule
from realtime.topics import history, members

SLICE: Final = 1_000
"""The most rows that one transaction deletes."""
_TOPICS: Final = 100


class OldMessages:
    """A rule of the sweeper: messages past their time, and those that later ones displace.

    A sweep takes some topics, and the next one goes on after them, so that no busy topic keeps another waiting.
    """

    def __init__(self) -> None:
        self._after = ""

    def __call__(self, now: datetime) -> int:
        displaced = history.with_too_many(self._after, _TOPICS)
        self._after = displaced[-1][0] if len(displaced) == _TOPICS else ""
        due = [*history.with_expired(now, SLICE), *displaced]
        return sum(history.forget(name, below, SLICE) for name, below in due)


def delete_dead_members(now: datetime) -> int:
    """Delete the presence of users whose sockets died with their web process."""
    return members.delete_dead(now, SLICE)


SWEEP_RULES = (
    Rule(name="old topic messages", sweep=OldMessages(), apart=True),
    Rule(name="dead topic members", sweep=delete_dead_members, judges_silence=True),
)
