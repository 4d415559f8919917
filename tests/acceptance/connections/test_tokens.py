"""Tokens at the handshake: a valid one is accepted in any of three places, and no other is."""

from collections.abc import Callable

import jwt
import pytest

from tests.acceptance.client import SUBPROTOCOL, open_socket
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
BAD_TOKEN = 4500
UNSUPPORTED_VERSION = 4502
Handshake = Callable[[str, str], tuple[str, dict[str, str], list[str]]]
WAYS: dict[str, Handshake] = {
    "header": lambda url, token: (url, {"Authorization": f"Bearer {token}"}, [SUBPROTOCOL]),
    "subprotocol": lambda url, token: (url, {}, [SUBPROTOCOL, f"bearer.{token}"]),
    "query": lambda url, token: (f"{url}?token={token}", {}, []),
    "older query": lambda url, token: (f"{url}?Authorization=Bearer%20{token}", {}, []),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Handshake:
    return WAYS[request.param]


async def test_it_works(live_stack: LiveStack, alice: str, way: Handshake) -> None:
    url, headers, subprotocols = way(live_stack.ws_urls[0], live_stack.token(alice, "acme"))
    async with open_socket(url, headers=headers, subprotocols=subprotocols) as client:
        welcome = await client.find("welcome", lambda message: message["type"] == "welcome")
        assert (welcome["user_id"], welcome["tenant_id"], welcome["protocol"]) == (alice, "acme", SUBPROTOCOL)
        assert (await client.request("echo"))["type"] == "response"


@pytest.mark.parametrize("kind", ["made up", "expired", "of another key", "unsigned", "without a tenant"])
async def test_a_bad_token_is_told_why_and_sent_away(
    live_stack: LiveStack, alice: str, way: Handshake, kind: str
) -> None:
    token, reason = _bad_token(live_stack, alice, kind)
    url, headers, subprotocols = way(live_stack.ws_urls[0], token)
    async with open_socket(url, headers=headers, subprotocols=subprotocols) as client:
        assert await client.closed() == BAD_TOKEN
    error, goodbye = client.messages
    assert (error["type"], error["error"]["code"]) == ("error", "UNAUTHORIZED")
    assert error["error"]["details"]["reason"] == reason
    assert (goodbye["type"], goodbye["code"], goodbye["reconnect"]) == ("goodbye", BAD_TOKEN, False)


async def test_no_token_at_all(live_stack: LiveStack) -> None:
    async with open_socket(live_stack.ws_urls[0]) as client:
        assert await client.closed() == BAD_TOKEN
    assert client.messages[0]["error"]["details"]["reason"] == "token_missing"


async def test_a_client_of_another_version_is_told_which_there_are(live_stack: LiveStack, alice: str) -> None:
    subprotocols = ["streamer.v2", f"bearer.{live_stack.token(alice)}"]
    async with open_socket(live_stack.ws_urls[0], subprotocols=subprotocols) as client:
        assert await client.closed() == UNSUPPORTED_VERSION
    error, goodbye = client.messages
    assert error["error"]["details"] == {"supported": [SUBPROTOCOL]}
    assert (goodbye["type"], goodbye["code"], goodbye["reconnect"]) == ("goodbye", UNSUPPORTED_VERSION, False)


async def test_an_open_socket_takes_a_fresh_token_of_the_same_user_only(
    live_stack: LiveStack, alice: str, bob: str
) -> None:
    token = live_stack.token(alice, ttl_seconds=30)
    async with open_socket(live_stack.ws_urls[0], headers={"Authorization": f"Bearer {token}"}) as client:
        refused = await client.ask("authenticate", token=live_stack.token(bob))
        assert refused["error"]["code"] == "UNAUTHORIZED"
        taken = await client.ask("authenticate", token=live_stack.token(alice, ttl_seconds=600))
        assert taken["type"] == "authenticated" and taken["token_expires_in"] > 500


def _bad_token(live: LiveStack, user: str, kind: str) -> tuple[str, str]:
    """Return a bad token, and the reason that the server must give."""
    match kind:
        case "expired":
            return live.token(user, ttl_seconds=-60), "token_expired"
        case "of another key":
            return live.token(user, signing_key="k" * 64), "token_invalid"
        case "unsigned":
            good = jwt.decode(live.token(user), options={"verify_signature": False})
            return jwt.encode(good, "", "none"), "token_invalid"
        case "without a tenant":
            good = jwt.decode(live.token(user), options={"verify_signature": False})
            return jwt.encode({**good, "tenant_id": ""}, live.signing_key, "HS256"), "claim_missing"
        case _:
            return "made.up.token", "token_invalid"
