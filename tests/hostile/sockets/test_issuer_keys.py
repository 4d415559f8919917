"""An issuer rotates its keys and then fails in every way, while clients with all kinds of tokens connect."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from realtime.signing_keys.issuer import COOLDOWN_SECONDS
from streamer_site.local.web import Server
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


def new_pair(algorithm: str) -> Pair:
    if algorithm == "RS256":
        return pem(rsa.generate_private_key(public_exponent=65_537, key_size=2048))
    return pem(ec.generate_private_key(ec.SECP256R1()))


@dataclass(frozen=True)
class Signer:
    """A key of the issuer."""

    algorithm: str
    kid: str
    pair: Pair

    @property
    def published(self) -> bytes:
        """Return the key set that holds this key alone."""
        return key_set(jwk(self.pair[1], self.kid, self.algorithm))

    def token(
        self, kid: str | None = None, *, user: str = "alice", iss: str | None = ISSUER, aud: object = AUDIENCE
    ) -> str:
        headers = {"kid": kid or self.kid}
        return sign(self.pair[0], self.algorithm, headers, sub=user, permissions=["*"], iss=iss, aud=aud)


class SignedElsewhere(LiveStack):
    """A stack whose tokens come from the issuer."""

    signer: Signer

    def token(self, user: str = "alice", *args: object, **options: object) -> str:
        return self.signer.token(user=user)


@pytest.fixture
def issuer() -> Iterator[KeyServer]:
    with run_key_server() as server:
        yield server


@pytest.fixture(params=[("daphne", "ES256"), ("uvicorn", "RS256")], ids=["daphne-ES256", "uvicorn-RS256"])
def live(
    request: pytest.FixtureRequest, issuer: KeyServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SignedElsewhere]:
    """Run a stack on each server, with one algorithm: what asks for keys is the same on both."""
    server: Server
    server, algorithm = request.param
    old = Signer(algorithm, "old", new_pair(algorithm))
    issuer.body = old.published
    env = {
        **LIGHT_WORKERS,
        "JWT_ALGORITHM": algorithm,
        "JWT_JWKS_URL": url_of(issuer),
        "JWT_ISSUER": ISSUER,
        "JWT_AUDIENCE": AUDIENCE,
        "STREAMER_CONNECTS_PER_USER": "0",
        "STREAMER_CONNECTS_PER_ADDRESS": "0",
    }
    with run_live_stack(tmp_path_factory, "keys", server=server, redis_offset=4, env=env) as stack:
        elsewhere = SignedElsewhere(stack.stack, has_own_redis=stack.has_own_redis)
        elsewhere.signer = old
        yield elsewhere


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


async def test_an_issuer_that_rotates_and_fails_disturbs_nobody(live: SignedElsewhere, issuer: KeyServer) -> None:
    next_signer = Signer(live.signer.algorithm, "new", new_pair(live.signer.algorithm))
    old, new = live.token(), next_signer.token()
    unknown = [live.signer.token(f"made up {number}") for number in range(70)]
    logs = LogReader(live.log_dir)
    async with bystander(live, "bob") as (usual, during):
        await asyncio.sleep(COOLDOWN_SECONDS)
        asked = issuer.asked
        issuer.is_open.clear()  # it takes longer than anybody waits
        issuer.body = next_signer.published
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
        "another issuer": next_signer.token(iss="https://evil.example"),
        "no issuer": next_signer.token(iss=None),
        "another audience": next_signer.token(aud=["other"]),
        "no audience": next_signer.token(aud=None),
    }
    assert {name: connect(live, one) for name, one in named.items()} == dict.fromkeys(named, BAD_TOKEN)
    assert connect(live, next_signer.token(aud=["other", AUDIENCE])) == WELCOME
    assert not logs.tracebacks(), logs.tracebacks()
