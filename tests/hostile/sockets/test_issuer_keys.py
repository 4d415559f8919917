"""An issuer rotates its keys and then fails in every way, while clients with all kinds of tokens connect."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from realtime.signing_keys.issuer import COOLDOWN_SECONDS
from tests.hostile.bystander import assert_undisturbed, bystander
from tests.hostile.conftest import LIGHT_WORKERS
from tests.hostile.logs import LogReader
from tests.hostile.raw import CLOSE, handshake, raw_connection
from tests.live import LiveStack, run_live_stack
from tests.local.waiting import eventually
from tests.realtime.key_server import KeyServer, jwk, key_set, run_key_server, url_of
from tests.realtime.signing import Pair, pem, sign

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
_PER_SECOND = 60
WELCOME, COME_BACK, BAD_TOKEN = "welcome", "4000", "4500"
ISSUER, AUDIENCE = "https://id.example", "streamer"
OLD, NEW = pem(ec.generate_private_key(ec.SECP256R1())), pem(ec.generate_private_key(ec.SECP256R1()))


def token(pair: Pair, kid: str, *, user: str = "alice", iss: str | None = ISSUER, aud: object = AUDIENCE) -> str:
    return sign(key=pair[0], algorithm="ES256", headers={"kid": kid}, sub=user, permissions=["*"], iss=iss, aud=aud)


class SignedElsewhere(LiveStack):
    """A stack whose tokens come from the issuer."""

    def token(self, user: str = "alice", *args: object, **options: object) -> str:
        return token(OLD, "old", user=user)


@pytest.fixture
def issuer() -> Iterator[KeyServer]:
    with run_key_server() as server:
        server.body = key_set(jwk(OLD[1], "old", "ES256"))
        yield server


@pytest.fixture
def live(issuer: KeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """Run a stack on one server only: what asks for keys is the same on both."""
    env = {
        **LIGHT_WORKERS,
        "JWT_ALGORITHM": "ES256",
        "JWT_JWKS_URL": url_of(issuer),
        "JWT_ISSUER": ISSUER,
        "JWT_AUDIENCE": AUDIENCE,
        "STREAMER_CONNECTS_PER_USER": "0",
        "STREAMER_CONNECTS_PER_ADDRESS": "0",
    }
    with run_live_stack(tmp_path_factory, "keys", redis_offset=4, env=env) as stack:
        yield SignedElsewhere(stack.stack, has_own_redis=stack.has_own_redis)


def connect(live: LiveStack, name: str) -> str:
    """Open a socket with a token, and return how it ends: with a welcome or a close code."""
    with raw_connection(live) as raw:
        raw.send(handshake(live, name))
        raw.read_head()
        while (found := raw.read_frame()) is not None:
            if b'"welcome"' in found.payload:
                return WELCOME
            if found.opcode == CLOSE:
                return str(found.close_code)
    return "lost"


def connect_all(live: LiveStack, tokens: Sequence[str]) -> Counter[str]:
    """Connect with all tokens, at a steady pace. Count the outcomes."""
    with ThreadPoolExecutor(12) as pool:
        running = []
        for one in tokens:
            running.append(pool.submit(connect, live, one))
            time.sleep(1 / _PER_SECOND)
        return Counter(future.result() for future in running)


async def test_an_issuer_that_rotates_and_fails_disturbs_nobody(live: LiveStack, issuer: KeyServer) -> None:
    old, new = token(OLD, "old"), token(NEW, "new")
    unknown = [token(OLD, f"made up {number}") for number in range(70)]
    logs = LogReader(live.log_dir)
    async with bystander(live, "bob") as (usual, during):
        await asyncio.sleep(COOLDOWN_SECONDS)
        asked = issuer.asked
        issuer.is_open.clear()  # it takes longer than anybody waits
        issuer.body = key_set(jwk(NEW[1], "new", "ES256"))
        outcomes = [
            await asyncio.to_thread(connect_all, live, [old] * 70),
            await asyncio.to_thread(connect_all, live, [old, new, *unknown] * 2),
        ]
        assert outcomes[0] == {WELCOME: 70}
        assert outcomes[1][WELCOME] == 2 and outcomes[1][COME_BACK] == 142, outcomes[1]
        assert issuer.asked <= asked + 2
        issuer.is_open.set()
        await asyncio.to_thread(eventually, lambda: connect(live, new) == WELCOME, "the new key is known", seconds=30)
        assert await asyncio.to_thread(connect, live, old) == BAD_TOKEN
        asked = issuer.asked
        issuer.body = b"<html>Back soon</html>"
        told = await asyncio.to_thread(connect_all, live, [new, *unknown])
        assert told[WELCOME] == 1 and told[BAD_TOKEN] + told[COME_BACK] == 70 and issuer.asked <= asked + 1, told
        # From the moment at which it is asked in vain, nobody can say that a key does not exist.
        assert told[COME_BACK] == 0 or issuer.asked == asked + 1, told
    assert_undisturbed(usual, during)
    named = {
        "another issuer": token(NEW, "new", iss="https://evil.example"),
        "no issuer": token(NEW, "new", iss=None),
        "another audience": token(NEW, "new", aud=["other"]),
        "no audience": token(NEW, "new", aud=None),
    }
    assert {name: connect(live, one) for name, one in named.items()} == dict.fromkeys(named, BAD_TOKEN)
    assert connect(live, token(NEW, "new", aud=["other", AUDIENCE])) == WELCOME
    assert not logs.tracebacks(), logs.tracebacks()
