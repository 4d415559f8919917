"""``live_stack``: the whole service in real processes, the same one that acceptance/ uses. And a browser on it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import live
from tests.browser.peer import Peer
from tests.live import LiveStack
from tests.local.waiting import DEADLINE_SECONDS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_configure(config: pytest.Config) -> None:
    live.register(config)
    # Playwright's own five seconds are shorter than all other waits for what other processes do.
    expect.set_options(timeout=DEADLINE_SECONDS * 1000)


@pytest.fixture
def token(live_stack: LiveStack) -> str:
    return live_stack.token()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on the PATH")
    # Not for the session: as long as Playwright's synchronous API is open, no asynchronous test can run in this thread.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def page(live_stack: LiveStack, token: str, browser: Browser) -> Iterator[Page]:
    """Open a page of the console. An exception in its scripts, or a breach of its content policy, fails the test."""
    page = browser.new_page(base_url=live_stack.http_url, viewport={"width": 1280, "height": 800})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    page.close()
    assert faults == []


@pytest.fixture
def moment(page: Page) -> datetime:
    """Stop the clock that the page reads at this moment. Its timers go on until ``page.clock.pause_at(moment)``."""
    now = datetime.now(UTC)
    page.clock.set_fixed_time(now)
    return now


@pytest.fixture
def peer(page: Page) -> Peer:
    return Peer(page)
