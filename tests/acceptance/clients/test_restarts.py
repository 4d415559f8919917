"""Web processes that die or stop in the middle of a report: it goes on where it was, with the same or another one."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.acceptance.clients.driver import DrivenClient, Driver, Sight
from tests.acceptance.clients.proxy import Proxy, Treatment, always
from tests.acceptance.clients.tokens import tokens_of
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
REFUSES = 426


async def test_a_web_process_is_killed_and_comes_back(
    crash_stack: LiveStack, both: Sequence[Driver], cast: Callable[[str], str], tmp_path: Path
) -> None:
    end = tmp_path / "end"
    reports = [start_report(crash_stack, driver, crash_stack.http_url, cast("alice"), end) for driver in both]
    for client, sight in reports:
        await client.more(sight)
    crash_stack.stack.kill("web-1", signal.SIGKILL)
    await asyncio.to_thread(crash_stack.stack.wait_until_ready)
    # From before, both have only messages that they had at the time.
    had = [len(sight.events) for _, sight in reports]
    for (client, sight), before in zip(reports, had, strict=True):
        await client.more(sight, before)
    end.touch()
    for client, sight in reports:
        assert (await client.whole(sight))[-1]["type"] == "complete"


@pytest.mark.parametrize("face", ["websocket", "stream"])
async def test_a_web_process_says_goodbye_and_another_goes_on(
    crash_stack: LiveStack, both: Sequence[Driver], cast: Callable[[str], str], tmp_path: Path, face: str
) -> None:
    end = tmp_path / "end"
    plan = always(Treatment(upgrade_status=None if face == "websocket" else REFUSES))
    async with Proxy(crash_stack.http_urls[0], plan) as proxy:
        reports = [start_report(crash_stack, driver, proxy.url, cast("alice"), end) for driver in both]
        for client, sight in reports:
            await client.more(sight)
        before = proxy.opened[face]
        proxy.target = crash_stack.http_urls[1]
        crash_stack.stack.kill("web-1", signal.SIGTERM)
        for client, sight in reports:
            await client.until(lambda: proxy.opened[face] >= before + len(both), "both have come back")
            had = len(sight.events)
            await client.more(sight, had)
        end.touch()
        for client, sight in reports:
            assert (await client.whole(sight))[-1]["type"] == "complete"
    await asyncio.to_thread(crash_stack.stack.wait_until_ready)


def start_report(live: LiveStack, driver: Driver, url: str, user: str, end: Path) -> tuple[DrivenClient, Sight]:
    client = driver.open(url, tokens_of(live, user))
    return client, client.submit("report", "zoo_until", {"path": str(end)})
