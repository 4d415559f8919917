"""Tabs of a real browser that share one socket. The service behind it is scripted."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, WebSocketRoute, expect

from streamer_site.local.stack import PROJECT_DIR

pytestmark = pytest.mark.acceptance

SCRIPTS = PROJECT_DIR / "realtime/static/streamer/client"
HTML = """<!doctype html><meta charset="utf-8"><title>Tab</title><p id="state"></p><p id="result"></p>
<script type="module">
  import { Client } from "/streamer-client.js";
  import { shareAmongTabs } from "/tabs.js";
  const client = new Client("/ws/", { token: "t", share: shareAmongTabs("alice") });
  client.addEventListener("state", () => (state.textContent = client.state));
  client.start();
  window.run = async (message) => (result.textContent = await client.run("tell", { message }));
</script>"""


class Service:
    """Welcomes each socket, and answers each request with its message."""

    def __init__(self) -> None:
        self.sockets: list[WebSocketRoute] = []

    def serve(self, route: Route) -> None:
        name = route.request.url.removeprefix("http://localhost/")
        if name == "":
            route.fulfill(body=HTML, content_type="text/html")
        elif (SCRIPTS / name).is_file():
            route.fulfill(body=(SCRIPTS / name).read_text(), content_type="text/javascript")
        else:
            route.fulfill(status=404)

    def open(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda text: self._answer(socket, json.loads(str(text))))
        self._say(socket, type="welcome", heartbeat_seconds=20, limits={})

    def _answer(self, socket: WebSocketRoute, message: dict[str, Any]) -> None:
        if message["type"] == "request":
            data = message["payload"]["message"]
            self._say(socket, type="response", id=message["id"], success=True, data=data, metadata={})

    def _say(self, socket: WebSocketRoute, **message: Any) -> None:
        socket.send(json.dumps(message))


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def context(browser: Browser, service: Service) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.route("**/*", service.serve)
    context.route_web_socket("**/ws/", service.open)
    yield context
    context.close()


def open_tab(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("http://localhost/")
    expect(page.locator("#state")).to_have_text("open")
    return page


def check(page: Page, message: str) -> None:
    """Run a request in a tab, and see its own result there."""
    page.evaluate("message => void window.run(message)", message)
    expect(page.locator("#result")).to_have_text(message)


def test_tabs_share_one_socket_and_the_next_takes_over(context: BrowserContext, service: Service) -> None:
    first, second, third = open_tab(context), open_tab(context), open_tab(context)
    assert len(service.sockets) == 1
    for page, message in ((first, "one"), (second, "two"), (third, "three")):
        check(page, message)
    first.close()
    check(second, "four")
    check(third, "five")
    assert len(service.sockets) == 2
