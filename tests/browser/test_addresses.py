"""Addresses of the console: links, Back and Forward, reloads, and a second tab."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import RUN_TIMEOUT_MS, START, fill_report, open_detail, send_report, use_token
from tests.browser.peer import REQUEST_ID, Peer, complete, started
from tests.browser.sender import sent_elsewhere
from tests.live import LiveStack

pytestmark = pytest.mark.browser


@pytest.fixture
def token(live_stack: LiveStack, request: pytest.FixtureRequest) -> str:
    """Make a token for a user of this test's own, so that no test sees the requests of another."""
    return live_stack.token(user=request.node.name)


def test_link_to_a_request_leads_there_after_the_sign_in_and_in_a_second_tab(
    page: Page, live_stack: LiveStack, token: str
) -> None:
    request_id = sent_elsewhere(live_stack, token, "echo_async", {"message": "linked"})
    page.goto(f"/#/requests/{request_id}")
    page.get_by_test_id("token-tab").click()
    page.get_by_test_id("token-input").fill(token)
    page.get_by_test_id("token-submit").click()
    result = page.get_by_test_id("detail").get_by_test_id("detail-result")
    expect(result).to_contain_text("linked", timeout=RUN_TIMEOUT_MS)
    with page.expect_popup() as opened:
        page.evaluate("() => void window.open(location.href, '_blank', 'noopener')")
    second = opened.value
    expect(second.get_by_test_id("detail").get_by_test_id("detail-result")).to_contain_text("linked")
    second.keyboard.press("Escape")
    second.get_by_test_id("signout").click()
    expect(page.get_by_test_id("signin")).to_be_visible()
    expect(page.get_by_test_id("signin-error")).to_have_text("You signed out in another tab.")
    second.close()


def test_back_and_forward(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    card = send_report(page)
    peer.say(started())
    peer.say(complete(2))
    detail = open_detail(card)
    expect(page).to_have_url(re.compile(f"#/requests/{REQUEST_ID}$"))
    page.go_back()
    expect(detail).to_be_hidden()
    expect(page).to_have_url(re.compile("#/new/generate_report"))
    expect(page.locator("#field-start_date")).to_have_value(START)
    page.go_forward()
    expect(detail).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_test_id("filter-failed").click()
    expect(page).to_have_url(re.compile("status=failed"))
    page.go_back()
    expect(page.get_by_test_id("filter-all")).to_have_attribute("aria-pressed", "true")
    page.get_by_test_id("tab-datasets").click()
    expect(page).to_have_url(re.compile("#/datasets$"))


def test_form_survives_a_reload_and_travels_as_a_link(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    fill_report(page)
    page.reload()
    expect(page.locator("#field-start_date")).to_have_value(START)
    page.goto('/#/new/echo_async?payload={"message": "from a link"}&with=shared')
    expect(page.get_by_test_id("form")).to_have_attribute("data-action", "echo_async")
    expect(page.locator("#field-message")).to_have_value(re.compile("from a link"))
    expect(page.get_by_test_id("form")).to_contain_text("shared")
    assert peer.heard_of("request") == []


def test_request_that_is_not_there(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    page.goto(f"/#/requests/{REQUEST_ID}")
    expect(page.get_by_test_id("notice")).to_contain_text("no longer there, or it is not yours")
    expect(page).to_have_url(re.compile("#/requests$"))
