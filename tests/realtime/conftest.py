"""The fixtures of sockets, deliveries and keys, which also clean up after each test."""

import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.conf import settings as project_settings
from rest_framework_simplejwt import state
from rest_framework_simplejwt.backends import TokenBackend

from jobs.log import events, publishing
from jobs.queue import wakeups
from realtime import shared
from realtime.delivery import groups, places
from realtime.delivery import hub as delivery_module
from realtime.delivery.hub import Delivery
from realtime.http.requests import reading
from realtime.revocations import table
from realtime.sending import publishing as sending
from realtime.socket import consumer
from tests.conftest import Advance, MakeToken
from tests.realtime.signing import Pair, UseBackend, pem
from tests.realtime.sockets import Socket, end_all_tasks

OpenSocket = Callable[..., Awaitable[Socket]]


@pytest.fixture(autouse=True)
def fresh_process_state() -> Iterator[None]:
    publishing.breaker.close()
    wakeups.breaker.close()
    sending.breaker.close()
    on_terminate = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, on_terminate)
    shared.drain.cache_clear()


@pytest.fixture(autouse=True)
def patient_admission(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the revocations, which each test reads anew: who comes before they are known is sent away."""
    monkeypatch.setattr(table, "_WAIT_SECONDS", 3600.0)


@pytest.fixture(autouse=True)
def no_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell nobody the place of a waiting request: on a slow machine that would come between any two messages."""
    monkeypatch.setattr(places, "WAITING_SECONDS", 3600.0)


@pytest.fixture
def still_buckets(advance: Advance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no tokens come back, and charge none for processor time: a busy machine would give and take others."""
    for module in (consumer, reading):
        monkeypatch.setattr(module, "time", SimpleNamespace(thread_time=lambda: 0.0))


@pytest.fixture
async def no_task_is_left() -> AsyncIterator[None]:
    """End the tasks of a test after the clients that ask for this have left, of which each may wait for some."""
    yield
    await end_all_tasks()


@pytest.fixture
async def open_socket(make_token: MakeToken, no_task_is_left: None) -> AsyncIterator[OpenSocket]:
    """Return ``await open_socket(user="alice", …)``, which opens a socket of that user and reads its welcome."""
    opened: list[Socket] = []

    async def open_one(*, headers: Any = (), subprotocols: Any = (), path: str = "/ws/", **token: Any) -> Socket:
        authorization = (b"authorization", f"Bearer {make_token(**token)}".encode())
        made = Socket(path=path, headers=[authorization, *headers], subprotocols=list(subprotocols))
        opened.append(made)
        await made.open()
        await made.hear("welcome")
        return made

    yield open_one
    for made in opened:
        await made.leave()


# --- delivery ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def delivery(no_task_is_left: None) -> Delivery:
    return Delivery()


@pytest.fixture
def quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "FIRST_CHECK_SECONDS", 0.05)
    monkeypatch.setattr(delivery_module, "CHECK_SECONDS", 0.1)


@pytest.fixture
def patient_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for each group until it is joined. Who goes on without it hears of nothing that only a hint tells."""
    monkeypatch.setattr(groups, "_JOIN_SECONDS", 3600.0)


@pytest.fixture
def no_checks(monkeypatch: pytest.MonkeyPatch, patient_joins: None) -> None:
    """Switch off the checks, so that messages arrive by a hint, or by the read that starts a subscription."""
    monkeypatch.setattr(delivery_module, "FIRST_CHECK_SECONDS", 3600.0)


@pytest.fixture
def lost_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "publish", lambda request_id, frames, owner: None)


# --- keys ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def rsa_pair() -> Pair:
    return pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


@pytest.fixture(scope="session")
def ec_pair() -> Pair:
    return pem(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def use_backend(monkeypatch: pytest.MonkeyPatch) -> UseBackend:
    """Return ``use_backend(algorithm, **settings)``, which configures simplejwt with these settings."""

    def use(algorithm: str = "HS256", **fields: Any) -> None:
        fields = {"signing_key": project_settings.JWT_SIGNING_KEY, "leeway": timedelta(seconds=10), **fields}
        monkeypatch.setattr(state, "token_backend", TokenBackend(algorithm, **fields))

    return use
