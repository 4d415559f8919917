"""A whole running service for the tests of acceptance/ and browser/: real processes, real sockets.

By default everything is on SQLite and the embedded Valkey, with Daphne. With ``DATABASE_URL`` or ``REDIS_URL`` in the
environment the same tests run on those servers, and with ``TEST_SERVER=uvicorn`` on that web server.
"""

import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import get_args

import jwt
import pytest
import redis

from jobs.data.sample.files import sample_is_there
from streamer_site.local.stack import PROJECT_DIR, Stack
from streamer_site.local.web import Server
from tests.live_services import fresh_services
from tests.local.waiting import eventually

_HOUR = 3600.0
# In the stack's own environment: its accounts are in a database that this process has no settings for.
_ENSURE_ADMIN = (
    "from django.conf import settings; from streamer_site.local.accounts import ensure_admin; "
    "ensure_admin(settings.DATA_DIR)"
)


def register(config: pytest.Config) -> None:
    """Make this module a plugin. A fixture that two folders import would be two: a stack for each of them."""
    if not config.pluginmanager.has_plugin(__name__):
        config.pluginmanager.register(sys.modules[__name__], __name__)


class LiveStack:
    """A running stack, and tokens that it accepts. ``stack`` starts, kills and restarts its processes."""

    def __init__(self, stack: Stack, *, has_own_redis: bool) -> None:
        self.stack = stack
        self.has_own_redis = has_own_redis
        """True: Redis is a process of this stack, which a test may kill."""
        self.tokens: list[str] = []
        """Every token made here, so that a test can look for them where they must not be."""

    @property
    def http_urls(self) -> list[str]:
        """Return one URL for each web process."""
        return self.stack.http_urls

    @property
    def ws_urls(self) -> list[str]:
        return self.stack.ws_urls

    @property
    def http_url(self) -> str:
        return self.http_urls[0]

    @property
    def redis_url(self) -> str:
        return self.stack.env["REDIS_URL"]

    @property
    def log_dir(self) -> Path:
        return self.stack.data_dir / "logs"

    @cached_property
    def signing_key(self) -> str:
        return (self.stack.data_dir / "jwt-signing-key").read_text().strip()

    def token(
        self,
        user: str = "alice",
        tenant: str = "acme",
        permissions: Sequence[str] = ("*",),
        *,
        ttl_seconds: float = _HOUR,
        signing_key: str | None = None,
    ) -> str:
        """Sign a token as another issuer with the same key would: with the documented claims and nothing else."""
        claims = {
            "sub": user,
            "tenant_id": tenant,
            "permissions": list(permissions),
            "exp": int(time.time() + ttl_seconds),
        }
        token = jwt.encode(claims, signing_key or self.signing_key, "HS256")
        self.tokens.append(token)
        return token

    @property
    def user(self) -> str:
        """Create a Django login with a membership. Its password is ``password``."""
        return "admin"

    @cached_property
    def password(self) -> str:
        self.stack.manage("shell", "--verbosity", "0", "-c", _ENSURE_ADMIN)
        return (self.stack.data_dir / "admin-password").read_text().strip()


@contextmanager
def run_live_stack(
    factory: pytest.TempPathFactory,
    label: str,
    *,
    redis_offset: int = 0,
    env: Mapping[str, str] | None = None,
    server: Server | None = None,
) -> Iterator[LiveStack]:
    """Run two web processes, two workers and a sweeper. ``redis_offset`` separates two stacks on one Redis.

    ``server`` defaults to that of the run.
    """
    with ExitStack() as cleanup:
        services = cleanup.enter_context(fresh_services(label, redis_offset=redis_offset))
        sample_dir = sample_dir_for(factory)
        everything = {
            # pytest names its own settings in the environment; these processes are to run on the real ones.
            "DJANGO_SETTINGS_MODULE": "streamer_site.settings",
            "STREAMER_HANDLERS": "tests.handlers",
            "STREAMER_SAMPLE_DIR": str(sample_dir),
            **services,
            **(env or {}),
        }
        prepare = [] if sample_is_there(sample_dir) else ["streamer_sample"]
        stack = Stack(
            factory.mktemp(label),
            workers=2,
            ports=(0, 0),
            server=server or server_of_the_run(),
            env=everything,
            inherit_settings=False,
            prepare=prepare,
        )
        cleanup.enter_context(stack)
        _await_workers(stack)
        yield LiveStack(stack, has_own_redis="REDIS_URL" not in services)


def server_of_the_run() -> Server:
    """Return the web server that ``TEST_SERVER`` names, else Daphne."""
    named = os.environ.get("TEST_SERVER", "daphne")
    if named not in get_args(Server):
        raise ValueError(f"TEST_SERVER must be one of {', '.join(get_args(Server))}, not '{named}'")
    server: Server = named
    return server


def _await_workers(stack: Stack) -> None:
    """Wait for the workers, which load heavy libraries before they serve."""
    with redis.Redis.from_url(stack.env["REDIS_URL"]) as server:
        eventually(lambda: int(server.scard("rq:workers")) >= 2, "both workers serve", seconds=90)


@pytest.fixture(scope="session")
def live_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """Run a stack with default settings. Tests share it, so none may stop its processes."""
    # Users of the tests come back hundreds of times, as fast as they can, all from one address.
    often = {"STREAMER_CONNECTS_PER_USER": "50", "STREAMER_CONNECTS_PER_ADDRESS": "0"}
    with run_live_stack(tmp_path_factory, "live", env=often) as live:
        yield live


@pytest.fixture(scope="session")
def cast() -> Callable[[str], str]:
    """Return a function that makes a user of its own for a test, who has neither limits nor lists in common."""
    return lambda name: f"{name}-{uuid.uuid4().hex[:8]}"


def sample_dir_for(factory: pytest.TempPathFactory) -> Path:
    """Return the folder of existing sample tables, or else one folder for all stacks of the run."""
    kept = PROJECT_DIR / "var" / "sample"
    return kept if sample_is_there(kept) else factory.getbasetemp() / "sample"
