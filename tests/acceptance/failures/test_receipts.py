"""Workers that die while they make the receipt of a request: the request still ends once, with it if there is time."""

import asyncio
from pathlib import Path

import pytest

from tests.acceptance.client import Client, connect
from tests.acceptance.processes import kill_and_wait
from tests.acceptance.streams import types
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
_SECONDS = 45.0


async def maker(path: Path, number: int) -> int:
    """Wait for the process that makes the receipt as the ``number``-th one, and return its id."""

    def found() -> int:
        pids = Path(f"{path}.pids").read_text().split() if Path(f"{path}.pids").exists() else []
        return int(pids[number - 1]) if len(pids) >= number else 0

    return await asyncio.to_thread(eventually, found, f"worker {number} makes the receipt", _SECONDS)


async def begun(client: Client, path: Path) -> tuple[str, int]:
    """Submit a request that fails at once. Return its id, and the process that makes its receipt."""
    request_id = await client.submit("zoo_receipt_until", {"path": str(path)})
    pid = await maker(path, 1)
    assert types(client.stream(request_id)) in ([], ["started"])
    return request_id, pid


async def test_it_works(crash_stack: LiveStack, alice: str, tmp_path: Path) -> None:
    path = tmp_path / "end"
    async with connect(crash_stack, alice) as client:
        request_id, first = await begun(client, path)
        await kill_and_wait(first)
        second = await maker(path, 2)
        path.touch()
        stream = await client.whole_stream(request_id, seconds=_SECONDS)
    assert types(stream) == ["started", "error"] and second != first
    assert (stream[-1]["error"]["message"], stream[-1]["receipt"]) == ("It cannot be done", {"pid": second})
    assert [one["filename"] for one in stream[-1]["artifacts"]] == ["done.txt"]


async def test_a_receipt_that_takes_two_workers_down_is_left_out(
    crash_stack: LiveStack, alice: str, tmp_path: Path
) -> None:
    path = tmp_path / "end"
    async with connect(crash_stack, alice) as client:
        request_id, first = await begun(client, path)
        await kill_and_wait(first)
        await kill_and_wait(await maker(path, 2))
        stream = await client.whole_stream(request_id, seconds=_SECONDS)
    assert types(stream) == ["started", "error"]
    assert "receipt" not in stream[-1] and "artifacts" not in stream[-1]


async def test_a_cancel_comes_too_late(crash_stack: LiveStack, alice: str, tmp_path: Path) -> None:
    path = tmp_path / "end"
    async with connect(crash_stack, alice) as client:
        request_id, pid = await begun(client, path)
        state = await client.ask("cancel", request_id=request_id)
        assert (state["status"], state["cancel_requested"]) == ("processing", False)
        path.touch()
        stream = await client.whole_stream(request_id, seconds=_SECONDS)
    assert (stream[-1]["type"], stream[-1]["receipt"]) == ("error", {"pid": pid})
