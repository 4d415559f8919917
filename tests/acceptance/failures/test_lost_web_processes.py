"""A web process that dies cannot close the rows of its connections. Others notice that it shows no sign of life."""

import asyncio
import json
from typing import Any

import pytest

from tests.acceptance.client import Client, connect
from tests.acceptance.processes import kill_and_wait
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
# At most 90 s with the default of 45 s; this stack takes a process for dead after 4 s.
_SWEPT_SECONDS = 30.0
_LOOK = (
    "import json; from realtime.models import Connection, WebProcess; "
    "rows = Connection.objects.filter(id__in={ids}).values('id', 'server', 'close_reason'); "
    "ended = dict(WebProcess.objects.values_list('id', 'ended_at')); "
    "print(json.dumps([dict(row, ended=ended[row['server']]) for row in rows], default=str))"
)


def connection_id(client: Client) -> str:
    return str(client.messages[0]["connection_id"])


def rows_of(live: LiveStack, *ids: str) -> dict[str, dict[str, Any]]:
    """Read the rows of connections, with the end of their web process."""
    answer = live.stack.manage("shell", "--verbosity", "0", "-c", _LOOK.format(ids=list(ids)))
    return {row["id"]: row for row in json.loads(answer)}


async def test_what_ends_with_a_connection_is_cancelled_when_its_web_process_is_killed(
    crash_stack: LiveStack, alice: str
) -> None:
    async with connect(crash_stack, alice, server=0) as lost, connect(crash_stack, alice, server=1) as stays:
        runs = await lost.submit("delay", {"seconds": 60}, on_disconnect="cancel")
        await lost.event(runs, "started")
        # Whether the other worker takes it meanwhile, makes no difference.
        second = await lost.submit("delay", {"seconds": 60}, on_disconnect="cancel")
        goes_on = await lost.submit("delay", {"seconds": 60}, on_disconnect="keep")
        for request_id in (runs, second, goes_on):
            await stays.follow(request_id)
        (pid,) = crash_stack.stack.pids("web-1")
        await kill_and_wait(pid)
        await stays.event(second, "cancelled", seconds=_SWEPT_SECONDS)
        assert (await stays.event(runs, "cancelled", seconds=_SWEPT_SECONDS))["mode"] == "cooperative"
        await stays.event(goes_on, "started")
        await stays.ask("cancel", request_id=goes_on)
        await stays.event(goes_on, "cancelled")
    await asyncio.to_thread(crash_stack.stack.wait_until_ready)


async def test_the_rows_of_a_killed_web_process_are_closed_and_no_others(
    crash_stack: LiveStack, alice: str, bob: str
) -> None:
    async with connect(crash_stack, alice, server=0) as lost, connect(crash_stack, bob, server=1) as stays:
        ids = connection_id(lost), connection_id(stays)
        await asyncio.to_thread(
            eventually, lambda: len(rows_of(crash_stack, *ids)) == 2, "both rows are there", seconds=_SWEPT_SECONDS
        )
        (pid,) = crash_stack.stack.pids("web-1")
        await kill_and_wait(pid)
        await asyncio.to_thread(
            eventually,
            lambda: rows_of(crash_stack, *ids)[ids[0]]["close_reason"] == "server_lost",
            "the row of the lost connection is closed",
            seconds=_SWEPT_SECONDS,
        )
        rows = rows_of(crash_stack, *ids)
        assert rows[ids[0]]["ended"] is not None
        assert (rows[ids[1]]["close_reason"], rows[ids[1]]["ended"]) == ("", None)
        await stays.ping()
    await asyncio.to_thread(crash_stack.stack.wait_until_ready)
