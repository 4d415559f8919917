"""The page about the API in a real Chromium: it loads nothing foreign, and shows what this installation has."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.live import LiveStack

pytestmark = pytest.mark.browser


def test_it_works(page: Page, live_stack: LiveStack) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto("/api/docs/")
    page.wait_for_selector("body[data-ready]")
    page.locator("#action-generate_report > summary").click()
    action = page.locator("#action-generate_report")
    expect(action).to_contain_text("start_date")
    action.get_by_text("Fields of Stats").click()
    expect(action).to_contain_text("top_category")
    page.get_by_test_id("find").fill("token_expiring")
    expect(page.get_by_test_id("entry").locator("visible=true")).to_have_count(1)
    assert all(url.startswith(live_stack.http_url) for url in loaded)


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_reaches_over_the_edge(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/api/docs/#action-process_data")
    page.wait_for_selector("body[data-ready]")
    assert page.locator("#action-process_data").get_attribute("open") is not None
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_whoever_may_not_see_it_is_asked_for_a_token(page: Page, token: str) -> None:
    def answer(route: Route) -> None:
        if "authorization" in route.request.headers:
            route.continue_()
        else:
            route.fulfill(status=401, json={"error": {"code": "UNAUTHORIZED", "message": "No token"}})

    page.route("**/api/docs/*.json", answer)
    page.goto("/api/docs/")
    form = page.get_by_test_id("token-form")
    form.get_by_label("Token").fill("not a token")
    form.get_by_role("button").click()
    expect(form).to_contain_text("This is not a JSON Web Token")
    form.get_by_label("Token").fill(token)
    form.get_by_role("button").click()
    page.wait_for_selector("body[data-ready]")
    expect(page.get_by_test_id("contents")).to_contain_text("Close codes")
