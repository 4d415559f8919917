"""Tokens that reach one request: what they open, and all that they do not."""

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.test import AsyncClient
from pytest_django import Settings

from jobs.models import Artifact
from realtime import scoped_tokens
from realtime.auth import Unauthorized, verify
from realtime.revocations.writing import revoke_tokens
from realtime.scoped_tokens import issue_scoped_token, verify_scoped_token
from tests.conftest import MakeToken
from tests.jobs.building import make_submission, row_of, run_next, store
from tests.realtime.http.streams.conftest import Get, OpenStream
from tests.realtime.http.streams.requests import run_one
from tests.realtime.sockets import Socket, aside

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def share(async_client: AsyncClient, make_token: MakeToken) -> Any:
    """Return ``await share(request_id, user="alice", body="…")``, which asks for a token."""

    async def ask(request_id: object, *, body: str = "", token: str = "", **who: Any) -> Any:
        headers = {"Authorization": f"Bearer {token or make_token(**who)}"}
        path = f"/api/requests/{request_id}/token/"
        return await async_client.post(path, body, content_type="application/json", headers=headers)

    return ask


async def test_it_works(share: Any, get: Get, open_stream: OpenStream) -> None:
    request_id = await run_one("zoo_file")
    body = (await share(request_id)).json()
    token = body["token"]
    assert token.startswith("rt_") and body["expires_in"] == 3600
    assert body["events_url"] == f"/api/requests/{request_id}/events/?token={token}"
    stream = await open_stream(body["events_url"], token=None)
    await stream.read_all()
    assert [message["type"] for message in stream.messages][-1] == "complete"
    file = (await get(f"/api/requests/{request_id}/", token=token)).json()["result"]
    for path in (f"/api/requests/{request_id}/", f"/api/requests/{request_id}/artifacts/", urlsplit(file["url"]).path):
        assert (await get(path, token=token)).status_code == 200
        assert (await get(f"{path}?token={token}", token=None)).status_code == 200
        assert (await get(path, token=None)).status_code in (401, 404)


async def test_a_life_of_ones_own(share: Any, settings: Settings) -> None:
    settings.STREAMER_PUBLIC_URL = "https://reports.example.org/"
    request_id = await run_one("zoo_file")
    body = (await share(request_id, body='{"expires_in": 60}')).json()
    assert body["expires_in"] == 60 and body["events_url"].startswith("https://reports.example.org/api/requests/")
    assert 55 < verify_scoped_token(body["token"]).expires_in <= 60


@pytest.mark.parametrize("expires_in", ["0", "-1", "604801", "1.5", '"60"', "null", "true", "1e99"])
async def test_a_life_that_is_none_is_refused(expires_in: str, share: Any) -> None:
    answer = await share(uuid4(), body=f'{{"expires_in": {expires_in}}}')
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "who", [{"user": "bob"}, {"tenant": "other"}, {"user": "bob", "permissions": ("tenant.read",)}]
)
async def test_only_the_owner_shares(who: dict[str, Any], share: Any) -> None:
    foreign, missing = await share(await run_one("zoo_file"), **who), await share(uuid4(), **who)
    assert foreign.status_code == missing.status_code == 404 and foreign.content == missing.content


async def test_it_opens_nothing_else(share: Any, get: Get, async_client: AsyncClient) -> None:
    request_id, other_id = await run_one("zoo_file"), await run_one("zoo_file")
    token = (await share(request_id)).json()["token"]
    other = await Artifact.objects.aget(request_id=other_id)
    for path in (f"/api/requests/{other_id}/", f"/api/requests/{other_id}/events/", f"/api/artifacts/{other.id}/"):
        assert (await get(path, token=token)).status_code == 404
        assert (await get(f"{path}?token={token}", token=None)).status_code == 404
    for path in ("/api/actions/", "/api/requests/", "/api/feed/", "/api/datasets/"):
        assert (await get(path, token=token)).status_code in (401, 404, 405)
        assert (await get(f"{path}?token={token}", token=None)).status_code in (401, 404, 405)
    file = await Artifact.objects.aget(request_id=request_id)
    posts = [f"/api/requests/{request_id}/token/", f"/api/artifacts/{file.id}/extend/", "/api/topics/x/"]
    for path in posts:
        for where in (path, f"{path}?token={token}"):
            headers = {"Authorization": f"Bearer {token}"} if where == path else {}
            answer = await async_client.post(where, "{}", content_type="application/json", headers=headers)
            assert answer.status_code == 401, where


async def test_it_opens_no_socket(share: Any, settings: Settings) -> None:
    settings.STREAMER_QUERY_TOKENS = True
    token = (await share(await run_one("zoo_file"))).json()["token"]
    in_header = Socket(headers=[(b"authorization", f"Bearer {token}".encode())])
    for socket in (in_header, Socket(path=f"/ws/?token={token}"), Socket(subprotocols=[f"bearer.{token}"])):
        await socket.open()
        assert (await socket.hear("error"))["error"]["details"] == {"reason": "token_invalid"}
        await socket.leave()


async def test_a_token_of_another_kind_in_the_url_does_not_count(get: Get, make_token: MakeToken) -> None:
    request_id = await run_one("zoo_file")
    for path in ("", "events/", "artifacts/"):
        answer = await get(f"/api/requests/{request_id}/{path}?token={make_token()}", token=None)
        assert answer.json()["error"]["details"] == {"reason": "token_missing"}


async def test_the_header_goes_before_the_url(share: Any, get: Get) -> None:
    request_id = await run_one("zoo_file")
    token = (await share(request_id)).json()["token"]
    assert (await get(f"/api/requests/{request_id}/?token={token}", user="bob")).status_code == 404


@pytest.mark.parametrize("change", ["signature", "request", "cut", "longer", "empty", "foreign letters"])
async def test_a_forged_one_is_refused(change: str, share: Any, get: Get) -> None:
    request_id = await run_one("zoo_file")
    token = (await share(request_id)).json()["token"]
    claims, _, signature = token.partition(".")
    other = issue_scoped_token(await aside(lambda: verify_scoped_token(token)), uuid4(), 60).partition(".")[0]
    forged = {
        "signature": f"{claims}.{signature[::-1]}",
        "request": f"{other}.{signature}",
        "cut": claims,
        "longer": token + "A" * 5000,
        "empty": "rt_",
        "foreign letters": "rt_%C3%A4.%C3%B6",
    }[change]
    answer = await get(f"/api/requests/{request_id}/?token={forged}", token=None)
    assert answer.status_code == 401 and answer.json()["error"]["details"] == {"reason": "token_invalid"}


async def test_it_expires(get: Get, make_token: MakeToken, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = await run_one("zoo_file")
    token = issue_scoped_token(verify(make_token()), request_id, -1)
    answer = await get(f"/api/requests/{request_id}/?token={token}", token=None)
    assert answer.json()["error"]["details"] == {"reason": "token_expired"}
    with pytest.raises(Unauthorized):
        verify_scoped_token(token)


@pytest.mark.parametrize("whose", ["user", "tenant", "token"])
async def test_it_ends_with_the_access_of_its_owner(whose: str, share: Any, get: Get, make_token: MakeToken) -> None:
    request_id = await run_one("zoo_file")
    own = make_token()
    token = (await share(request_id, token=own)).json()["token"]
    what = {"user": {"user_id": "alice"}, "tenant": {"tenant_id": "acme"}, "token": {"token_id": verify(own).token_id}}
    await aside(lambda: revoke_tokens(**what[whose]))
    await aside(scoped_tokens.time.sleep, 1.6)  # what this process knows is at most so old
    answer = await get(f"/api/requests/{request_id}/?token={token}", token=None)
    assert answer.status_code == 401 and answer.json()["error"]["details"] == {"reason": "token_revoked"}
    fresh = (await share(request_id)).json()["token"]
    assert (await get(f"/api/requests/{request_id}/?token={fresh}", token=None)).status_code == 200


async def test_it_reads_the_files_of_a_result_that_was_reused(share: Any, get: Get) -> None:
    first = await run_one("zoo_file")
    second = await aside(store, make_submission("zoo_file"))
    await aside(run_next)
    file = await Artifact.objects.aget(request_id=first)
    row = await aside(row_of, second)
    row.cached_from = first
    await row.asave()
    token = (await share(second)).json()["token"]
    assert (await get(f"/api/artifacts/{file.id}/?token={token}", token=None)).status_code == 200
