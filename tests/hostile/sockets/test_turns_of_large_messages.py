"""Large messages from many sockets disturb others little more than those of one, and take a bounded memory.

What waits for its turn when the clients have left is worked off for some seconds more, so no test that measures memory
comes after this one.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.hostile.bystander import assert_undisturbed, bystander
from tests.hostile.memory import MIB, peak_bytes, reset_peak
from tests.hostile.sockets import large_messages
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
_USERS, _SOCKETS_EACH = 5, 10
_SECONDS, _SECONDS_OF_ONE = 15, 6
# Of each socket, one message and what makes it up.
_MOST_BYTES = 6 * MIB * _USERS * _SOCKETS_EACH


@pytest.mark.parametrize("kind", ["texts", "numbers"])
async def test_those_of_many_sockets_disturb_others_little_more_than_those_of_one(
    attacked_stack: LiveStack, cast: Callable[[str], str], kind: str
) -> None:
    (pid,) = attacked_stack.stack.pids("web-1")
    tokens = [attacked_stack.token(cast("mallory")) for _ in range(_USERS)]
    # Each message holds the interpreter for a moment, which grows with the load of the machine.
    async with bystander(attacked_stack, cast("bob")) as (_, beside_one):
        await _flood(attacked_stack, kind, tokens[:1], 1, _SECONDS_OF_ONE)
    reset_peak(pid)
    peak_before = peak_bytes(pid)
    async with bystander(attacked_stack, cast("bob")) as (usual, during):
        counts = await _flood(attacked_stack, kind, tokens, _SOCKETS_EACH, _SECONDS)
    assert counts["opened"] >= _USERS * _SOCKETS_EACH and counts["messages"] > counts["opened"]
    assert_undisturbed(max(usual, beside_one, key=lambda times: times.percentile(0.99)), during)
    assert peak_bytes(pid) - peak_before < _MOST_BYTES


async def _flood(live: LiveStack, kind: str, tokens: list[str], each: int, seconds: float) -> dict[str, int]:
    address = urlsplit(live.http_url)
    program = str(Path(large_messages.__file__))
    arguments = [str(address.hostname), str(address.port), kind, str(each), str(seconds)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, program, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate("\n".join(tokens).encode())
    counts: dict[str, int] = json.loads(printed)
    return counts
