"""Uploads that stall, flood or explode hold up nobody else's, on both servers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager

import httpx
import pytest

from tests.hostile.bystander import bystander
from tests.hostile.http.test_bodies import MULTIPART, authorization, head
from tests.hostile.memory import MIB, memory_bytes
from tests.hostile.raw import RawSocket, raw_connection
from tests.jobs.data.datasets.bombs import BOMBS, millions_of_shared_strings
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]
CSV = b"region,amount\nnorth,1\nsouth,\n"
# An upload takes about a second on a free machine. What holds it up in these attacks lasts for minutes.
SOON_SECONDS = 45.0


@asynccontextmanager
async def client(live: LiveStack, user: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {live.token(user, f'tenant-of-{user}')}"}
    async with httpx.AsyncClient(
        base_url=live.http_url, headers=headers, trust_env=False, timeout=SOON_SECONDS
    ) as http:
        yield http


async def upload(http: httpx.AsyncClient, content: bytes = CSV, **fields: str) -> httpx.Response:
    return await http.post("/api/datasets/", files={"file": ("table", content)}, data=fields)


def stalled(stack: ExitStack, live: LiveStack, token: str) -> RawSocket:
    """Begin an upload whose file never goes on."""
    raw = stack.enter_context(raw_connection(live))
    raw.send(
        head("/api/datasets/", token, MULTIPART, "Content-Length: 100000") + b"--frontier\r\nContent-Disposition: "
    )
    return raw


async def test_stalled_uploads_hold_up_nobody(attacked_stack: LiveStack, cast: Callable[[str], str]) -> None:
    with ExitStack() as stack:
        for _ in range(30):
            stalled(stack, attacked_stack, authorization(attacked_stack, cast("eve")))
        async with client(attacked_stack, cast("bob")) as http:
            # Well before the stalled ones are cut off.
            async with asyncio.timeout(SOON_SECONDS):
                assert (await upload(http)).status_code == 201


async def test_a_user_has_few_uploads_at_once(attacked_stack: LiveStack, cast: Callable[[str], str]) -> None:
    eve = authorization(attacked_stack, cast("eve"))
    with ExitStack() as stack:
        raws = [stalled(stack, attacked_stack, eve) for _ in range(4)]
        answers = await asyncio.gather(*(asyncio.to_thread(raw.read_head) for raw in raws))
        told = sorted(int(answer.split()[1]) for answer in answers)
        assert told == [408, 408, 408, 429]
        (refused,) = (answer for answer in answers if b" 429 " in answer)
        assert b"retry-after: 5" in refused.lower()
    async with client(attacked_stack, cast("bob")) as http:
        assert (await upload(http)).status_code == 201


async def test_bombs_hold_up_nobody(attacked_stack: LiveStack, cast: Callable[[str], str]) -> None:
    """One tenant's bombs take turns, each within the limits of a process of its own."""
    (pid,) = attacked_stack.stack.pids("web-1")
    before = memory_bytes(pid)
    heavy = await asyncio.to_thread(millions_of_shared_strings)
    async with (
        client(attacked_stack, cast("mallory")) as hostile,
        client(attacked_stack, cast("bob")) as http,
        bystander(attacked_stack, cast("alice")),
    ):
        attack = [asyncio.create_task(upload(hostile, heavy)) for _ in range(2)]
        await asyncio.sleep(0)
        for _ in range(2):
            async with asyncio.timeout(SOON_SECONDS):
                assert (await upload(http)).status_code == 201
        for task in attack:
            task.cancel()
        await asyncio.gather(*attack, return_exceptions=True)
    assert memory_bytes(pid) - before < 60 * MIB
    await asyncio.to_thread(eventually, lambda: memory_bytes(pid) <= 1.2 * before, "the memory comes back", seconds=30)


@pytest.mark.parametrize(
    "name",
    [
        "a merged range that just misses the end",
        "a cell beyond all sheets",
        "the last cell of a sheet",
        "repeated columns",
        "a million names",
        "JSON Lines nested as deep as Python reads",
    ],
)
async def test_a_bomb_is_the_fault_of_the_file(
    attacked_stack: LiveStack, cast: Callable[[str], str], name: str
) -> None:
    async with client(attacked_stack, cast("mallory")) as http:
        answer = await upload(http, BOMBS[name]())
        assert answer.status_code in {201, 400}
        assert answer.status_code == 201 or answer.json()["error"]["code"] == "VALIDATION_ERROR"


async def test_a_field_larger_than_a_pipe_hangs_nothing(attacked_stack: LiveStack, cast: Callable[[str], str]) -> None:
    async with client(attacked_stack, cast("mallory")) as http:
        for field in ("name", "sheet", "header", "expires_in_days", "x" * 100):
            answer = await upload(http, **{field: "y" * MIB})
            assert answer.status_code == 400 and len(answer.content) < 2_000
