"""The cast of the tests and the server they all need: Alice owns, Bob is in her tenant, Charlie must see nothing."""

import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.core.management.color import no_style
from django.db import connections
from django.test import TransactionTestCase
from django.utils import timezone
from pytest_django import Settings
from servestatic.middleware import ServeStaticMiddleware

from jobs.admin.overview import snapshot
from jobs.queue import estimates, wakeups
from realtime.auth import Identity, verify
from realtime.http.tokens import issue_token
from realtime.limits import token_bucket
from realtime.revocations.table import TABLE
from streamer_site.local.supervisor import Supervisor
from streamer_site.local.valkey import EmbeddedValkey
from streamer_site.storage import storage_backend
from tests.lanes import Lanes

# A time for one example, or for the drawing of some, would measure how busy the machine is.
# `--hypothesis-profile` overrides it.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")

pytest_plugins = ["jobs.testing.fixtures", "tests.acceptance.figures"]
MakeToken = Callable[..., str]
Advance = Callable[[float], None]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes | None:
    return Lanes(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are cores: a third of the time of all tests is spent waiting."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture
def advance(monkeypatch: pytest.MonkeyPatch) -> Advance:
    """Return ``advance(seconds)``, which moves the time of token buckets, and nobody else's."""
    now = [1000.0]
    monkeypatch.setattr(token_bucket, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def move(seconds: float) -> None:
        now[0] += seconds

    return move


@pytest.fixture
def midday(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Stop Django's clock at noon in UTC: no day begins while a test counts what one day saw."""
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
    monkeypatch.setattr(timezone, "now", lambda: noon)
    return noon


@pytest.fixture(scope="session", autouse=True)
def redis_url() -> Iterator[str]:
    """Run a real server for the whole run, and point every setting at it."""
    supervisor = Supervisor(settings.DATA_DIR / "logs", lambda name, line: None)
    valkey = EmbeddedValkey(settings.DATA_DIR)
    valkey.start(supervisor)
    settings.REDIS_URL = valkey.url
    settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"] = valkey.url
    for queue in settings.RQ_QUEUES.values():
        queue["URL"] = valkey.url
    yield valkey.url
    supervisor.close()


@pytest.fixture(scope="session", autouse=True)
def lasting_permissions() -> Iterator[None]:
    """Keep content types and permissions when a test's tables are emptied.

    Django makes them anew after each transactional test, which takes longer than most of these tests.
    """
    kept = {ContentType._meta.db_table, Permission._meta.db_table}

    def empty_tables(case: TransactionTestCase) -> None:
        for name in case._databases_names(include_mirrors=False):
            connection = connections[name]
            tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
            flush = connection.ops.sql_flush(no_style(), [table for table in tables if table not in kept])
            connection.ops.execute_sql_flush(flush)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables)
        yield


@pytest.fixture(scope="session", autouse=True)
def static_files_listed_once() -> Iterator[None]:
    """Keep the list of static files, which every client of a test would make anew for the middleware of its own."""
    list_files = ServeStaticMiddleware.add_files_from_finders
    listed: dict[str, dict[str, Any]] = {}

    def list_once(middleware: ServeStaticMiddleware) -> None:
        if middleware.static_prefix not in listed:
            list_files(middleware)
            listed[middleware.static_prefix] = dict(middleware.files)
        middleware.files.update(listed[middleware.static_prefix])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ServeStaticMiddleware, "add_files_from_finders", list_once)
        yield


@pytest.fixture(autouse=True)
def empty_redis(redis_url: str) -> None:
    wakeups.connection().flushdb()


@pytest.fixture(autouse=True)
def nothing_revoked() -> None:
    """Forget the revocations that another test has left in memory."""
    TABLE.forget()


@pytest.fixture(autouse=True)
def overview_anew() -> None:
    """Have the overview of the admin counted anew, which is kept for some seconds."""
    snapshot.forget()


@pytest.fixture(autouse=True)
def nothing_learned() -> None:
    """Forget learned durations, so that one test's requests are no estimate for the next test's."""
    estimates.forget()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Run a server that speaks S3, in this process."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  # heavy, and few tests need it

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def in_s3(settings: Settings, s3_endpoint: str) -> str:
    """Have files stored in a bucket of this test's own, under the prefix ``pre/fix``; the bucket's name."""
    bucket = f"bucket-{uuid.uuid4().hex[:8]}"
    keys = {"access_key": "an-access-key", "secret_key": "a-secret-key", "region_name": "us-east-1"}
    s3 = {**keys, "endpoint_url": s3_endpoint}
    backend = storage_backend(f"s3://{bucket}/pre/fix/", options={}, s3=s3, folder=settings.DATA_DIR)
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    default_storage.connection.create_bucket(Bucket=bucket)
    return bucket


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Reserve a port of this machine on which nothing listens while the test lasts."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def silent_port() -> Iterator[Callable[[], tuple[int, list[socket.socket]]]]:
    """Return a function that opens a port which takes connections and never answers, and lists them."""
    with ExitStack() as cleanup:

        def open_port() -> tuple[int, list[socket.socket]]:
            listening = cleanup.enter_context(socket.create_server(("127.0.0.1", 0)))
            connected: list[socket.socket] = []

            def accept() -> None:
                with suppress(OSError):
                    while True:
                        connected.append(cleanup.enter_context(listening.accept()[0]))

            threading.Thread(target=accept, daemon=True).start()
            cleanup.callback(listening.shutdown, socket.SHUT_RDWR)
            return listening.getsockname()[1], connected

        yield open_port


@pytest.fixture
def make_token() -> MakeToken:
    """Return ``make_token(user="alice", tenant="acme", permissions=("*",), ttl_seconds=600)``."""

    def make(
        user: str = "alice", tenant: str = "acme", permissions: tuple[str, ...] = ("*",), ttl_seconds: float = 600
    ) -> str:
        ttl = timedelta(seconds=ttl_seconds)
        return issue_token(user_id=user, tenant_id=tenant, permissions=list(permissions), ttl=ttl)

    return make


@pytest.fixture
def alice(make_token: MakeToken) -> Identity:
    return verify(make_token("alice"))


@pytest.fixture
def bob(make_token: MakeToken) -> Identity:
    return verify(make_token("bob"))


@pytest.fixture
def charlie(make_token: MakeToken) -> Identity:
    return verify(make_token("charlie", tenant="other"))
