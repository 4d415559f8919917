"""Requests over HTTP, on the real stack: sent, waited for, found, cancelled and done again, without a socket."""

import asyncio
import os
import select
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from streamer_site.local.stack import PROJECT_DIR
from tests.acceptance.client import connect
from tests.acceptance.how_to import read_blocks
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
WAIT = {"Prefer": "wait=60"}
PAGE = PROJECT_DIR / "docs/how-to/use-http.md"
REQUESTS = "/api/requests/"
# The last step runs again what has completed by the time at which a person comes to it.
UNTIL_COMPLETED = """
completed() { ask "$URL/api/requests/?tag=nightly&action=echo_async&status=completed" | jq -e ".requests[0]"; }
until completed >/dev/null; do sleep 0.1; done
"""
MAX_WAITS = 10
"""``STREAMER_MAX_CONNECTIONS_PER_USER``."""


def client(stack: LiveStack, user: str, *, server: int = 0) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {stack.token(user)}"}
    return httpx.AsyncClient(base_url=stack.http_urls[server], headers=headers, trust_env=False, timeout=70)


@pytest.fixture
async def http(live_stack: LiveStack, alice: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client(live_stack, alice) as made:
        yield made


def count(updates: int = 3, **fields: Any) -> dict[str, Any]:
    return {"action": "zoo_count", "payload": {"updates": updates}, **fields}


async def test_it_works(live_stack: LiveStack, alice: str, http: httpx.AsyncClient) -> None:
    """The end over HTTP is the one that a socket of the same user sees."""
    answer = await http.post(REQUESTS, json=count(id="mine", tags=["t"]), headers=WAIT)
    final = answer.json()
    assert answer.status_code == 200 and answer.headers["Preference-Applied"] == "wait=60", final
    assert (final["type"], final["id"], final["final"]) == ("complete", "mine", True)
    async with connect(live_stack, alice) as socket_client:
        await socket_client.ask("subscribe", request_id=final["request_id"])
        assert (await socket_client.whole_stream(final["request_id"]))[-1] == final
    found = (await http.get(answer.headers["Location"])).json()
    assert (found["status"], found["tags"], found["seq"]) == ("completed", ["t"], final["seq"])


async def test_a_duplicate_waits_on_another_server(live_stack: LiveStack, alice: str, http: httpx.AsyncClient) -> None:
    body = {"action": "zoo_slow", "payload": {"seconds": 1}}
    first = await http.post(REQUESTS, json=body, headers={"Idempotency-Key": "once"})
    assert first.status_code == 202 and first.json()["duplicate"] is False
    async with client(live_stack, alice, server=1) as other:
        ends = [await one.post(REQUESTS, json={**body, "id": "once"}, headers=WAIT) for one in (other, http)]
    # PostgreSQL stores the keys of an object in an order of its own, so what comes live may have another.
    assert {end.status_code for end in ends} == {200} and ends[0].json() == ends[1].json()
    assert ends[0].json()["request_id"] == first.json()["request_id"] and ends[0].json()["type"] == "complete"


async def test_others_see_nothing(live_stack: LiveStack, bob: str, http: httpx.AsyncClient) -> None:
    path = (await http.post(REQUESTS, json=count(tags=["hers"]), headers=WAIT)).headers["Location"]
    async with client(live_stack, bob) as foreign:
        answers = [await foreign.get(path), *[await foreign.post(f"{path}{verb}/") for verb in ("cancel", "retry")]]
        assert {(one.status_code, one.json()["error"]["code"]) for one in answers} == {(404, "NOT_FOUND")}
        assert (await foreign.get(REQUESTS, params={"tag": "hers"})).json()["requests"] == []


async def test_a_batch_is_found_by_its_tag(http: httpx.AsyncClient) -> None:
    items = [count(id=str(number), tags=["batch", str(number)]) for number in range(20)]
    answer = await http.post(f"{REQUESTS}batch/", json={"requests": [*items, {"action": "echo"}]})
    responses = answer.json()["responses"]
    assert [one["type"] for one in responses] == ["acknowledgment"] * 20 + ["response"]
    ids, params = [], {"tag": "batch", "limit": "15"}
    while params["limit"]:
        page = (await http.get(REQUESTS, params=params)).json()
        ids += [one["request_id"] for one in page["requests"]]
        params = {**params, "cursor": page["next_cursor"]} if page["next_cursor"] else {"limit": ""}
    assert sorted(ids) == sorted(one["request_id"] for one in responses[:20])
    (only,) = (await http.get(REQUESTS, params={"tag": "7", "action": "zoo_count"})).json()["requests"]
    assert only["id"] == "7"


async def test_cancel_and_retry(http: httpx.AsyncClient) -> None:
    slow = {"action": "zoo_slow", "payload": {"seconds": 60, "steps": 600}, "tags": ["again"]}
    path = (await http.post(REQUESTS, json=slow, headers={"Idempotency-Key": "slow"})).headers["Location"]
    answer = await http.post(f"{path}cancel/")
    assert answer.status_code in (200, 202) and answer.json()["type"] == "snapshot"
    end = await http.post(REQUESTS, json=slow, headers={"Idempotency-Key": "slow", **WAIT})
    assert (end.status_code, end.json()["type"]) == (200, "cancelled")
    late = await http.post(f"{path}cancel/")
    assert (late.status_code, late.json()["error"]["details"]) == (409, {"status": "cancelled"})
    again = await http.post(f"{path}retry/", json={"id": "second"})
    assert (again.status_code, again.json()["id"]) == (202, "second")
    assert (await http.get(again.headers["Location"])).json()["tags"] == ["again"]
    assert (await http.post(f"{again.headers['Location']}cancel/")).status_code in (200, 202)


BODIES = [
    b"",
    b"\x00" * 1_000,
    b'{"action": "echo", "payload": {"message": NaN}}',
    b'{"action": "echo", "payload": {"message": ' + b"[" * 60_000 + b"]" * 60_000 + b"}}",
    b"[" * 900_000,
    b'{"action": "echo", "payload": {"message": "' + b"x" * 1_100_000 + b'"}}',
    b"x" * 3_000_000,
]


@pytest.mark.parametrize("path", ["", "batch/"])
async def test_bodies_that_are_no_messages_are_refused(path: str, http: httpx.AsyncClient) -> None:
    for body in BODIES:
        answer = await http.post(f"{REQUESTS}{path}", content=body)
        assert answer.status_code in (400, 413), (body[:50], answer.text)
        assert answer.json()["error"]["code"] in ("INVALID_MESSAGE", "PAYLOAD_TOO_LARGE")


async def test_who_hangs_up_frees_its_place(live_stack: LiveStack, alice: str, http: httpx.AsyncClient) -> None:
    """More waits than a user may have at once begin, and their clients leave; then another one waits to its end."""
    address = urlsplit(live_stack.http_url)
    assert address.hostname and address.port
    body = '{"action": "zoo_slow", "id": "left", "payload": {"seconds": 60, "steps": 600}}'
    head = (
        f"POST {REQUESTS} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {live_stack.token(alice)}\r\n"
        f"Prefer: wait=60\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with ExitStack() as connections:
        waiting = []
        for _ in range(MAX_WAITS + 1):
            one = connections.enter_context(socket.create_connection((address.hostname, address.port), timeout=20))
            one.sendall((head + body).encode())
            waiting.append(one)
        answered, _, _ = select.select(waiting, [], [], 20)
        assert len(answered) == 1 and b" 202 " in answered[0].recv(100), "there was no place for it to wait"
    async with asyncio.timeout(20):
        while (await http.post(REQUESTS, json=count(), headers=WAIT)).status_code == 202:
            await asyncio.sleep(0.1)
    path = (await http.post(REQUESTS, content=body)).headers["Location"]
    assert (await http.post(f"{path}cancel/")).status_code in (200, 202)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="the page is written for curl and jq")
def test_the_guide_works_as_it_says(live_stack: LiveStack, tmp_path: Path) -> None:
    blocks = [one.text for one in read_blocks(PAGE) if one.language == "bash"]
    blocks[-1] = UNTIL_COMPLETED + blocks[-1]
    script = "\necho ====\n".join(blocks).replace("http://127.0.0.1:8000", live_stack.http_url)
    script = script.replace("PASSWORD=…", f"PASSWORD={live_stack.password}")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done
    outputs = [part.strip() for part in done.stdout.split("====")]
    assert '"result":{"message":"Hello"}' in outputs[1] and '"final":true' in outputs[1]
    assert outputs[2] == '{"type":"acknowledgment","id":"night-of-january-31","status":"queued","duplicate":false}'
    assert '"tags":["nightly"]' in outputs[3]
    assert outputs[4] == '{"type":"complete","final":true}'
    assert outputs[5].splitlines()[1] == '{"index":1,"id":"b","type":"error"}'
    assert '{"action":"echo_async","tags":["nightly"]}' in outputs[6].splitlines()
    assert '"type":"snapshot"' in outputs[7]
    assert outputs[8] == '{"type":"complete","result":{"message":1}}'
