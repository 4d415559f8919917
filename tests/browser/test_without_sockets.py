"""The console where something between lets no WebSocket through: all of it goes over HTTP."""

import itertools
import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.console import send_report, use_token
from tests.browser.peer import REQUEST_ID, Message, acknowledgment, complete, progress, started

pytestmark = pytest.mark.browser
# The browser ends each of these streams at once. Three without news would look like a proxy that cuts them.
_CURSORS = itertools.count(1)


def stream(*messages: Message) -> str:
    """Write messages as server-sent events."""
    numbered = [(message.get("seq", message.get("cursor")), message) for message in messages]
    return "".join(f"id: {number}\ndata: {json.dumps(message)}\n\n" for number, message in numbered)


def serve(route: Route) -> None:
    """Answer as the service does over HTTP."""
    request = route.request
    path = request.url.partition("/api/")[2].partition("?")[0]
    if request.method == "POST":
        route.fulfill(status=202, json=acknowledgment(request.post_data_json))
    elif path == "feed/":
        feed = {"type": "subscribed", "topic": "requests", "cursor": f"c{next(_CURSORS)}"}
        route.fulfill(content_type="text/event-stream", body=stream(feed))
    elif path.endswith("/events/"):
        events = [started(), progress(2, 50), complete(3)]
        route.fulfill(content_type="text/event-stream", body=stream(*events))
    else:
        route.fulfill(json={"requests": [], "next_cursor": None})


def test_it_works(page: Page, token: str) -> None:
    page.route_web_socket(re.compile(r"/ws/$"), lambda socket: socket.close(code=1011))
    page.route(re.compile(r"/api/(requests|feed)/"), serve)
    use_token(page, token)
    expect(page.get_by_test_id("connection-detail")).to_have_text("server-sent events")
    expect(page.get_by_test_id("empty")).to_be_visible()
    card = send_report(page)
    expect(card).to_have_attribute("data-status", "completed")
    expect(card).to_have_attribute("data-request-id", REQUEST_ID)
    page.get_by_test_id("wire-toggle").click()
    expect(page.locator("[data-testid=frame][data-direction=in][data-type=complete]")).to_have_count(1)
