"""One request as its client saw it, over all the connections it took."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

Message = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One request of the load."""

    action: str
    payload: Message = field(default_factory=dict)
    cancel: bool = False
    """True: the client cancels it at its first progress."""


@dataclass(frozen=True, kw_only=True)
class Balance:
    """The counts of a stream's faults; all zero when there is none."""

    lost: int = 0
    doubled: int = 0
    disordered: int = 0

    def __add__(self, other: "Balance") -> "Balance":
        return Balance(
            lost=self.lost + other.lost,
            doubled=self.doubled + other.doubled,
            disordered=self.disordered + other.disordered,
        )

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.disordered)


@dataclass
class Stream:
    """The stream of one request. ``client_id`` is the client's id, ``request_id`` the server's ("" while unknown)."""

    client_id: str
    wanted: Wanted
    request_id: str = ""
    asked_at: float = 0.0
    """Unix seconds."""
    arrivals: list[tuple[float, Message]] = field(default_factory=list)
    """The time (Unix seconds) and the text of acknowledgments and numbered messages."""
    faults: list[str] = field(default_factory=list)
    """Answers that no client should ever get."""
    cancel_answered: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    @property
    def events(self) -> list[Message]:
        return [message for _, message in self.arrivals if "seq" in message]

    @property
    def last_seq(self) -> int:
        return max((message["seq"] for message in self.events), default=0)

    @property
    def outcome(self) -> str:
        """Return the final message's type, with the code of an error: "complete", "error WORKER_LOST"; "" before it."""
        final = next((message for message in self.events if message.get("final")), None)
        if final is None:
            return ""
        return f"{final['type']} {final.get('error', {}).get('code', '')}".strip()

    def take(self, message: Message) -> None:
        self.arrivals.append((time.time(), message))
        self.ended = self.ended or bool(message.get("final"))

    @property
    def strangers(self) -> int:
        """Count the messages of attempts that had lost the request: they name another attempt than the log."""
        said = [(event, event.get("metadata") or event.get("result") or {}) for event in self.events]
        return sum(event["attempt"] != notes["run_by"] for event, notes in said if "run_by" in notes)

    @property
    def longest_gap(self) -> float:
        """Return the longest time, in seconds, between two numbered messages."""
        times = [arrived_at for arrived_at, message in self.arrivals if "seq" in message]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    @property
    def accept_seconds(self) -> float:
        """Return the time until its acknowledgment; 0 when there was none."""
        return max(0.0, self.arrivals[0][0] - self.asked_at) if self.arrivals else 0.0

    def balance(self) -> Balance:
        finals = sum(bool(message.get("final")) for message in self.events)
        numbers = balance_of([message["seq"] for message in self.events])
        return numbers + Balance(lost=int(finals == 0), doubled=max(0, finals - 1))


def balance_of(seqs: Sequence[int]) -> Balance:
    """Count the faults in numbers that should be 1, 2, 3 …, in this order."""
    seen: set[int] = set()
    doubled = disordered = 0
    for seq in seqs:
        if seq in seen:
            doubled += 1
        elif seen and seq < max(seen):
            disordered += 1
        seen.add(seq)
    return Balance(lost=max(seen, default=0) - len(seen), doubled=doubled, disordered=disordered)
