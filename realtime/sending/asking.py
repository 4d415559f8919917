"""Asks web processes for what they alone know: the health of their connections, and their circuit breakers."""

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
import redis

from jobs.circuit import State
from jobs.queue.wakeups import connection as redis_connection
from realtime.connections.orders.audience import Audience
from realtime.connections.orders.health import Health
from realtime.connections.orders.order import Answer
from realtime.sending.publishing import make_order, publish

WAIT_SECONDS: Final = 1.5
"""The longest wait for the answers of all processes together."""
_KEY: Final = "streamer:answers:"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The answers of the web processes."""

    answers: tuple[Answer, ...]
    is_whole: bool
    """False: Redis is away, or a process did not answer in time."""

    @property
    def healths(self) -> dict[UUID, Health]:
        return {health.id: health for answer in self.answers for health in answer.connections}

    @property
    def circuits(self) -> dict[str, dict[str, State]]:
        """The states of the circuit breakers of each web process."""
        return {answer.process: answer.circuits for answer in self.answers}


def ask_health(connection_ids: Iterable[UUID]) -> Answers:
    """Ask for the health of these connections."""
    return ask(Audience(connection_ids=frozenset(connection_ids)))


def ask_unhealthy() -> Answers:
    """Ask for the health of all connections that have problems."""
    return ask(Audience(), only_unhealthy=True)


def ask_circuits() -> Answers:
    """Ask for the circuit breakers of all web processes that hold connections, or did."""
    return ask(Audience(connection_ids=frozenset()))


def ask(audience: Audience, *, only_unhealthy: bool = False) -> Answers:
    """Ask the web processes. It blocks for ``WAIT_SECONDS`` at most, less when all have answered."""
    key = f"{_KEY}{uuid.uuid4().hex}"
    expected = publish(audience.group, make_order(audience, answer_to=key, unhealthy=only_unhealthy))
    if expected is None:
        return Answers(answers=(), is_whole=False)
    answers: list[Answer] = []
    ends_at = time.monotonic() + WAIT_SECONDS
    while len(answers) < expected and (left := ends_at - time.monotonic()) > 0:
        try:
            # Redis reads 0 as for ever.
            popped = redis_connection().blpop([key], timeout=max(0.01, left))
        except (redis.RedisError, OSError):
            break
        if popped:
            answers.append(msgspec.json.decode(popped[1], type=Answer))
    return Answers(answers=tuple(answers), is_whole=len(answers) == expected)
