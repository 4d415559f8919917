"""The verdict on clients at work during a fault: what became of their requests, and what it is called in tables."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.chaos.stream import Balance, Stream


@dataclass(frozen=True, kw_only=True)
class Verdict:
    requests: int = 0
    seconds: float = 0.0
    """The seconds of the whole trial."""
    recovery_seconds: float | None = None
    """Seconds from the fault, or from its end, to the next news of requests that it hit. None: there was none."""
    balance: Balance = Balance()
    doctor: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    skipped: str = ""

    @property
    def is_good(self) -> bool:
        return not (self.balance or self.doctor or self.problems)

    def as_json(self) -> dict[str, Any]:
        return {
            "good": self.is_good,
            "skipped": self.skipped or None,
            "requests": self.requests,
            "seconds": round(self.seconds, 2),
            "recovery_seconds": None if self.recovery_seconds is None else round(self.recovery_seconds, 3),
            "lost": self.balance.lost,
            "doubled": self.balance.doubled,
            "disordered": self.balance.disordered,
            "doctor": list(self.doctor),
            "problems": list(self.problems),
        }

    def cells(self) -> tuple[str, ...]:
        """Write the columns after the name: requests, recovery, lost, doubled, disordered, doctor."""
        balance = self.balance
        counts = (str(count) for count in (balance.lost, balance.doubled, balance.disordered))
        doctor = "healthy" if not self.doctor else f"{len(self.doctor)} findings"
        return (str(self.requests), write_seconds(self.recovery_seconds), *counts, doctor)


def find_problems(
    streams: Sequence[Stream], *, all_ended: bool, may_fail: Callable[[Stream], bool] = lambda stream: False
) -> Iterator[str]:
    """Say in words what is wrong with these streams. ``may_fail``: returns True for one that may end with an error."""
    if not all_ended:
        unended = [stream for stream in streams if not stream.ended]
        yield f"{len(unended)} requests did not end: {', '.join(map(_name, unended[:3]))}"
    for stream in streams:
        yield from (f"{_name(stream)} {fault}" for fault in stream.faults)
        if stream.strangers:
            yield f"{_name(stream)} has {stream.strangers} messages of an attempt that had lost it"
        if stream.outcome.startswith("error") and not may_fail(stream):
            yield f"{_name(stream)} ended with {stream.outcome}"


def count_up(verdicts: Sequence[Verdict]) -> str:
    """Write the sums of requests and of what became of them."""
    balance = sum((verdict.balance for verdict in verdicts), Balance())
    return (
        f"{sum(verdict.requests for verdict in verdicts)} requests, "
        f"lost {balance.lost}, doubled {balance.doubled}, disordered {balance.disordered}"
    )


def write_seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.1f} s"


def _name(stream: Stream) -> str:
    return f"{stream.wanted.action} {stream.request_id[:8] or 'never accepted'}"
