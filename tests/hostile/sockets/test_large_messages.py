"""Large messages from many sockets at once disturb nobody else, and take a bounded memory."""

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
_SECONDS = 15
# One message takes the interpreter for a tenth of a second, so some echoes wait for one. Without turns they wait for
# dozens.
_TIMES = 10
# Of each socket, one message and what makes it up.
_MOST_BYTES = 6 * MIB * _USERS * _SOCKETS_EACH


@pytest.mark.parametrize("kind", ["texts", "numbers"])
async def test_large_messages_of_many_sockets_disturb_nobody_else(
    attacked_stack: LiveStack, cast: Callable[[str], str], kind: str
) -> None:
    (pid,) = attacked_stack.stack.pids("web-1")
    tokens = [attacked_stack.token(cast("mallory")) for _ in range(_USERS)]
    reset_peak(pid)
    peak_before = peak_bytes(pid)
    async with bystander(attacked_stack, cast("bob")) as (usual, during):
        counts = await _flood(attacked_stack, kind, tokens)
    assert counts["opened"] >= _USERS * _SOCKETS_EACH and counts["messages"] > counts["opened"]
    assert_undisturbed(usual, during, times=_TIMES)
    assert peak_bytes(pid) - peak_before < _MOST_BYTES


async def _flood(live: LiveStack, kind: str, tokens: list[str]) -> dict[str, int]:
    address = urlsplit(live.http_url)
    program = str(Path(large_messages.__file__))
    arguments = [str(address.hostname), str(address.port), kind, str(_SOCKETS_EACH), str(_SECONDS)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, program, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate("\n".join(tokens).encode())
    counts: dict[str, int] = json.loads(printed)
    return counts
