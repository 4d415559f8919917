"""The side of the operator: asks the worker of a request about the process that runs it."""

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from rq.command import PUBSUB_CHANNEL_TEMPLATE

from jobs.circuit import CircuitBreaker
from jobs.execution.inspection.answering import COMMAND, REPLIES
from jobs.execution.inspection.figures import Figures
from jobs.queue.wakeups import connection

STACK_SECONDS: Final = 2.5
"""The longest wait for the stacks: a child looks about once a second."""
FIGURES_SECONDS: Final = 0.5
Fault = Literal["", "redis", "no worker", "silent worker", "no process", "silent process", "other request"]
WORDS: Final[Mapping[str, str]] = {
    "redis": "Redis does not answer, so nobody can be asked.",
    "no worker": "Its worker does not listen: it is dead, or cut off from Redis.",
    "silent worker": "Its worker listens, but does not answer. It may be of an older version.",
    "no process": "Its worker runs nothing at this moment.",
    "silent process": (
        "Its process is alive, but does not answer: code outside of Python holds the interpreter, "
        "or the thread that would answer waits for the database."
    ),
    "other request": "Its process runs another request by now.",
}
breaker = CircuitBreaker("processes of requests are not looked at", name="inspection")


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """The answers about the process of a request."""

    figures: Figures | None = None
    stacks: Sequence[Mapping[str, Any]] | None = None
    """See ``own_stacks``. None when they were not asked for, or not told."""
    fault: Fault = ""
    """The reason for which something was not told."""

    @property
    def words(self) -> str:
        return WORDS.get(self.fault, "")


def inspect(request_id: uuid.UUID, worker: str, *, with_stacks: bool = False) -> Inspection:
    """Ask ``worker`` about the process that runs the request. Takes at most about ``STACK_SECONDS``."""
    found = [Inspection(fault="redis")]

    def ask() -> None:
        found[0] = _ask(request_id, worker, with_stacks)

    breaker.call(ask)
    return found[0]


def _ask(request_id: uuid.UUID, worker: str, with_stacks: bool) -> Inspection:
    question = uuid.uuid4()
    order = {"command": COMMAND, "question": question.hex, "request": str(request_id), "stacks": with_stacks}
    if not connection().publish(PUBSUB_CHANNEL_TEMPLATE % worker, json.dumps(order)):
        return Inspection(fault="no worker")
    key = f"{REPLIES}{question.hex}"
    ends_at = time.monotonic() + (STACK_SECONDS if with_stacks else FIGURES_SECONDS)
    first = _await(key, ends_at)
    if first is None:
        return Inspection(fault="silent worker")
    figures = Figures(**first["process"]) if first["process"] else None
    if not first["child"]:
        return Inspection(fault="no process")
    if not with_stacks:
        return Inspection(figures=figures)
    second = _await(key, ends_at)
    if second is None:
        return Inspection(figures=figures, fault="silent process")
    if second["stacks"] is None:
        return Inspection(figures=figures, fault="other request")
    return Inspection(figures=figures, stacks=second["stacks"])


def _await(key: str, ends_at: float) -> dict[str, Any] | None:
    """Wait for the next answer; None when none comes in time."""
    while (left := ends_at - time.monotonic()) > 0:
        # Shorter than the silence that the connection takes for a failure.
        popped: Any = connection().blpop([key], timeout=max(0.01, min(left, 1.0)))
        if popped is not None:
            answer: dict[str, Any] = json.loads(popped[1])
            return answer
    return None
