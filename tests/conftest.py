"""The cast of the tests and the server they all need: Alice owns, Bob is in her tenant, Charlie must see nothing."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from pytest_django import Settings

from jobs.queue import estimates, wakeups
from realtime.auth import Identity, verify
from realtime.http.tokens import issue_token
from streamer_site.local.supervisor import Supervisor
from streamer_site.local.valkey import EmbeddedValkey
from streamer_site.storage import storage_backend

pytest_plugins = ["jobs.testing.fixtures", "tests.acceptance.figures"]
MakeToken = Callable[..., str]
# With `-n 2 --dist loadgroup` the tests of whole stacks run in two lanes, so that one waits while the other works.
_SECOND_LANE = ("tests/chaos/", "tests/local/")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        lane = "second" if item.nodeid.startswith(_SECOND_LANE) else "first"
        item.add_marker(pytest.mark.xdist_group(lane))


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


@pytest.fixture(autouse=True)
def empty_redis(redis_url: str) -> None:
    wakeups.connection().flushdb()


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
