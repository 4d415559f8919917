"""Ten thousand handshakes without a token cost others nothing, and leave nothing behind."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.acceptance.client import connect
from tests.hostile.bystander import assert_undisturbed, bystander, usual_times
from tests.hostile.memory import memory_bytes
from tests.hostile.sockets import connecting
from tests.hostile.sockets.connecting import TOO_FAST, TURNED_AWAY, UNAUTHORIZED
from tests.hostile.sockets.test_never_reading import SERVER_SIDE
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
_COUNT, _AT_ONCE = 10_000, 500
# An address of this machine that no other test has: it is refused for a while.
_ADDRESS = "127.0.0.9"
_OBJECTS = [*SERVER_SIDE, "Task", "StreamerConsumer"]
_SPARE_OBJECTS = 5


async def flood(live: LiveStack) -> Any:
    url = urlsplit(live.http_url)
    program = str(Path(connecting.__file__))
    arguments = [str(url.hostname), str(url.port), _ADDRESS, str(_COUNT), str(_AT_ONCE)]
    running = await asyncio.create_subprocess_exec(sys.executable, program, *arguments, stdout=asyncio.subprocess.PIPE)
    told, _ = await running.communicate()
    return json.loads(told)


async def test_it_works(attacked_stack: LiveStack, cast: Callable[[str], str]) -> None:
    (pid,) = attacked_stack.stack.pids("web-1")
    async with connect(attacked_stack, cast("carol")) as carol:

        async def count() -> int:
            answer = await carol.request("zoo_objects", {"types": _OBJECTS, "collect": True})
            return int(answer["data"]["objects"])

        before, objects = await usual_times(carol), await count()
        memory = memory_bytes(pid)
        async with bystander(attacked_stack, cast("bob")) as (usual, during):
            told = await flood(attacked_stack)
        outcomes = told["outcomes"]
        assert sum(outcomes.values()) == _COUNT and set(outcomes) <= {UNAUTHORIZED, TOO_FAST, TURNED_AWAY}, told
        assert outcomes[UNAUTHORIZED] >= 150 and outcomes[TURNED_AWAY] > 9_000, told
        assert_undisturbed(usual, during)
        assert_undisturbed(before, await usual_times(carol))
        async with asyncio.timeout(20):
            while await count() > objects + _SPARE_OBJECTS:
                await asyncio.sleep(0.2)
    eventually(lambda: memory_bytes(pid) <= 1.2 * memory, "the memory comes back", seconds=10)
