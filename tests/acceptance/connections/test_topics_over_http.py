"""Topics followed without a socket over two web processes: what is published in one is heard in the other."""

import asyncio
import json
import os
import subprocess
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest

from streamer_site.local.stack import PROJECT_DIR
from tests.acceptance.event_streams import EventStream, follow
from tests.acceptance.how_to import read_blocks_below
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
PAGE = PROJECT_DIR / "docs/how-to/publish-to-topics.md"
_IN_PAGE = "tenant.acme.prices.gold"


@pytest.fixture
def topic() -> str:
    return f"tenant.acme.prices.{uuid.uuid4().hex}"


@pytest.fixture
async def http(live_stack: LiveStack, alice: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the first web process."""
    headers = {"Authorization": f"Bearer {live_stack.token(alice)}"}
    async with httpx.AsyncClient(
        base_url=live_stack.http_urls[0], headers=headers, trust_env=False, timeout=70
    ) as made:
        yield made


def path_of(topic: str, query: str = "") -> str:
    return f"/api/topics/{topic}/{query}"


async def publish(http: httpx.AsyncClient, topic: str, first: int, last: int) -> None:
    for number in range(first, last + 1):
        answer = await http.post(path_of(topic), json={"data": {"number": number}})
        assert answer.json() == {"topic": topic, "seq": number}


async def read_until(stream: EventStream, seq: int) -> list[tuple[str | None, int]]:
    """Read up to the message of that number, and return id and data of each."""
    heard: list[tuple[str | None, int]] = []
    while not heard or heard[-1][1] != seq:
        event = await stream.read()
        assert event is not None, "the stream has ended"
        if event.message is not None and event.message["type"] == "message":
            heard.append((event.id, event.message["data"]["number"]))
    return heard


async def test_who_comes_back_with_the_last_id_has_each_number_once(
    live_stack: LiveStack, bob: str, topic: str, http: httpx.AsyncClient
) -> None:
    there, token = live_stack.http_urls[1], live_stack.token(bob)
    async with follow(there, path_of(topic), token) as stream:
        while (event := await stream.read()) is not None and event.message is None:
            pass
        assert event is not None and event.message["type"] == "subscribed"
        await publish(http, topic, 1, 20)
        heard = await read_until(stream, 20)
        last = stream.reader.last_id
    assert last == "20"
    await publish(http, topic, 21, 40)
    async with follow(there, path_of(topic), token, {"Last-Event-ID": last}) as stream:
        publishing = asyncio.create_task(publish(http, topic, 41, 60))
        heard += await read_until(stream, 60)
        await publishing
    assert heard == [(str(number), number) for number in range(1, 61)]


async def test_long_polls_have_each_number_once(
    live_stack: LiveStack, bob: str, topic: str, http: httpx.AsyncClient
) -> None:
    numbers: list[int] = []
    headers = {"Authorization": f"Bearer {live_stack.token(bob)}"}
    async with httpx.AsyncClient(
        base_url=live_stack.http_urls[1], headers=headers, trust_env=False, timeout=70
    ) as polling:
        publishing = asyncio.create_task(publish(http, topic, 1, 20))
        while len(numbers) < 20:
            answer = await polling.get(path_of(topic, f"?after_seq={len(numbers)}&wait=60"))
            assert answer.status_code == 200, answer.text
            numbers += [one["seq"] for one in answer.json()["messages"]]
        await publishing
    assert numbers == list(range(1, 21))


async def test_a_topic_of_another_tenant_answers_as_what_does_not_exist(
    live_stack: LiveStack, topic: str, http: httpx.AsyncClient
) -> None:
    await publish(http, topic, 1, 1)
    headers = {"Authorization": f"Bearer {live_stack.token('mallory', 'other')}"}
    for accept in ("application/json", "text/event-stream"):
        answers = [
            await http.get(path_of(name, "?after_seq=0"), headers={**headers, "Accept": accept})
            for name in (topic, "tenant.other.no-such-thing")
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
        assert answers[0].json()["error"]["code"] == "NOT_FOUND"


async def test_the_commands_of_the_page(live_stack: LiveStack, bob: str, topic: str, http: httpx.AsyncClient) -> None:
    commands = [one.text for one in read_blocks_below(PAGE, "Follow without a socket") if one.language == "bash"]
    stream, page = [text.replace(_IN_PAGE, topic) for text in commands]
    env = {**os.environ, "URL": live_stack.http_urls[1], "TOKEN": live_stack.token(bob)}
    await publish(http, topic, 1, 2)
    with subprocess.Popen(["bash", "-c", f"exec {stream}"], env=env, stdout=subprocess.PIPE, text=True) as curl:
        assert curl.stdout is not None
        lines = []
        while "id: 2\n" not in lines:
            lines.append(await asyncio.to_thread(curl.stdout.readline))
            assert lines[-1], "curl has ended"
        curl.kill()
    assert [line for line in lines if line.startswith("id: ")] == ["id: 0\n", "id: 1\n", "id: 2\n"]
    answer = await asyncio.to_thread(subprocess.check_output, ["bash", "-c", page], env=env)
    assert [one["seq"] for one in json.loads(answer)["messages"]] == [1, 2]
