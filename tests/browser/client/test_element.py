"""``<streamer-progress>`` in a real browser. The service behind it is scripted."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from streamer_site.local.stack import PROJECT_DIR

pytestmark = pytest.mark.acceptance

ID = "5f0c2b1e-7a52-4a53-9c8e-2f4b6f1f0a11"
SCRIPT = PROJECT_DIR / "realtime/static/streamer/client/element.js"
HTML = f"""<!doctype html><meta charset="utf-8"><title>Page</title><script type="module" src="/element.js"></script>
<streamer-progress request-id="{ID}" token="rt_one.two" label="Your report"></streamer-progress>"""
POLICY = {"Content-Security-Policy": "default-src 'self'"}
STARTED = {"type": "started", "request_id": ID, "seq": 1, "attempt": 1}
PROGRESS = {"type": "progress", "request_id": ID, "seq": 2, "percentage": 40, "message": "Reading", "attempt": 1}
FILE = {"artifact_id": "9b1d", "url": "/api/artifacts/9b1d/?signature=s", "filename": "report.pdf"}
COMPLETE = {"type": "complete", "request_id": ID, "seq": 3, "result": FILE, "artifacts": [FILE], "final": True}
FAILED = {
    "type": "error",
    "request_id": ID,
    "seq": 3,
    "error": {"code": "TIMEOUT", "message": "Too slow"},
    "final": True,
}


CANCELLED = {"type": "cancelled", "request_id": ID, "seq": 3, "mode": "cooperative", "final": True}
EXPIRED = {"code": "UNAUTHORIZED", "message": "The token has expired", "retryable": False}


class Service:
    """Answers one question about events after another, each with the messages of ``answers``, or with an error."""

    def __init__(self) -> None:
        self.answers: list[list[dict[str, Any]] | dict[str, Any] | int] = []
        self.asked: list[tuple[str, str]] = []

    def serve(self, route: Route) -> None:
        path = route.request.url.removeprefix("http://page.test")
        if path == "/":
            route.fulfill(body=HTML, content_type="text/html", headers=POLICY)
        elif path == "/element.js":
            route.fulfill(body=SCRIPT.read_text(), content_type="text/javascript")
        elif path.startswith(f"/api/requests/{ID}/events/"):
            self.asked.append((path.partition("?")[2], route.request.headers["authorization"]))
            self._answer(route)
        else:
            route.fulfill(status=404)

    def _answer(self, route: Route) -> None:
        answer = self.answers.pop(0) if self.answers else 404
        if isinstance(answer, int):
            error = {"code": "NOT_FOUND", "message": "There is no such request", "retryable": False}
            route.fulfill(status=answer, json={"error": error})
        elif isinstance(answer, dict):
            route.fulfill(status=401, json={"error": answer})
        else:
            texts = [f"id: {message['seq']}\ndata: {json.dumps(message)}\n\n" for message in answer]
            route.fulfill(body="".join(texts), content_type="text/event-stream")


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    page.route("**/*", service.serve)
    yield page
    page.close()
    assert faults == []


def test_it_shows_a_request_to_its_end_over_a_stream_that_is_cut(page: Page, service: Service) -> None:
    service.answers = [[STARTED, PROGRESS], [COMPLETE]]
    page.goto("http://page.test/")
    bar = page.get_by_role("progressbar", name="Your report")
    expect(bar).to_have_attribute("aria-valuenow", "100")
    expect(page.get_by_role("status")).to_have_text("Completed")
    assert service.asked == [("after_seq=0", "Bearer rt_one.two"), ("after_seq=2", "Bearer rt_one.two")]


def test_its_files_are_reached_with_the_keyboard(page: Page, service: Service) -> None:
    service.answers = [[COMPLETE]]
    page.goto("http://page.test/")
    link = page.get_by_role("link", name="report.pdf")
    expect(link).to_have_attribute("href", "http://page.test/api/artifacts/9b1d/?signature=s")
    page.keyboard.press("Tab")
    expect(link).to_be_focused()


def test_it_says_why_a_request_failed_and_why_it_shows_none(page: Page, service: Service) -> None:
    service.answers = [[STARTED, PROGRESS, FAILED]]
    page.goto("http://page.test/")
    expect(page.get_by_role("status")).to_have_text("Failed: Too slow")
    page.goto("http://page.test/")
    expect(page.get_by_role("status")).to_have_text("Failed: There is no such request")


def test_a_request_that_it_may_see_no_longer_is_not_called_failed(page: Page, service: Service) -> None:
    service.answers = [[STARTED, PROGRESS], EXPIRED]
    page.goto("http://page.test/")
    expect(page.get_by_role("status")).to_have_text("No longer shown: The token has expired")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "40")


def test_a_cancelled_request_is_said_to_be_once(page: Page, service: Service) -> None:
    service.answers = [[STARTED, PROGRESS, CANCELLED]]
    page.goto("http://page.test/")
    expect(page.get_by_role("status")).to_have_text("Cancelled")


def test_it_follows_what_the_reader_wants_to_see(page: Page, service: Service) -> None:
    service.answers = [[COMPLETE]]
    page.goto("http://page.test/")
    expect(page.get_by_role("status")).to_have_text("Completed")
    fill = page.locator("streamer-progress .fill")
    light = fill.evaluate("fill => getComputedStyle(fill).backgroundColor")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    dark = fill.evaluate("fill => getComputedStyle(fill).backgroundColor")
    assert light != dark
    assert fill.evaluate("fill => getComputedStyle(fill).transitionDuration") == "0s"


def test_another_request_takes_the_place_of_the_first(page: Page, service: Service) -> None:
    service.answers = [[STARTED, PROGRESS, FAILED], [COMPLETE]]
    page.goto("http://page.test/")
    expect(page.get_by_role("status")).to_have_text("Failed: Too slow")
    page.locator("streamer-progress").evaluate("element => element.setAttribute('token', 'rt_three.four')")
    expect(page.get_by_role("status")).to_have_text("Completed")
    assert service.asked[-1][1] == "Bearer rt_three.four"


def test_a_request_that_completed_with_failures_says_so_in_amber(page: Page, service: Service) -> None:
    service.answers = [[{**COMPLETE, "failed_items": 1200}]]
    page.goto("http://page.test/")
    expect(page.get_by_role("status")).to_have_text("Completed with 1,200 failures")
    fill = page.locator("streamer-progress .fill")
    assert fill.evaluate("fill => getComputedStyle(fill).backgroundColor") == "rgb(138, 90, 0)"
