"""Everything around the requests: presses, the state of the connection, the search, keys."""

from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import START, send_report, use_token
from tests.browser.peer import REQUEST_ID, Message, Peer, progress, started
from tests.live import LiveStack

pytestmark = pytest.mark.browser
FAILED = {"code": "HANDLER_ERROR", "message": "The source is away.", "retryable": True}


@pytest.fixture
def token(live_stack: LiveStack, request: pytest.FixtureRequest) -> str:
    """Make a token for a user of this test's own, so that no test sees the requests of another."""
    return live_stack.token(user=request.node.name)


def answered(message: Message) -> list[Message]:
    return [{"type": "response", "id": message["id"], "success": True, "data": {"rows": 18204}}]


def test_double_click_sends_one_request_however_quick_the_answer(
    page: Page, peer: Peer, token: str, moment: datetime
) -> None:
    use_token(page, token)
    send_report(page)
    send = page.get_by_test_id("send")
    expect(send).to_have_attribute("aria-disabled", "false")
    page.clock.pause_at(moment)
    send.dblclick()
    expect(send).to_have_attribute("aria-disabled", "true")
    page.clock.resume()
    expect(send).to_have_attribute("aria-disabled", "false")
    assert len(peer.heard_of("request")) == 2


@pytest.mark.usefixtures("moment")
def test_network_that_is_gone_is_said_at_once_with_the_age_of_what_is_shown(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    card = send_report(page)
    peer.say(started())
    peer.say(progress(2, 43))
    expect(page).to_have_title("43 % · Generate report")
    page.evaluate("dispatchEvent(new Event('offline'))")
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "stale")
    expect(card.get_by_role("progressbar")).to_have_attribute("data-stale", "true")
    expect(card).to_contain_text(" · as of 1 s ago")
    peer.say({"type": "pong"})
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")
    expect(card).not_to_contain_text("ago")


def test_failed_request_is_retried_or_edited(page: Page, peer: Peer, token: str, moment: datetime) -> None:
    use_token(page, token)
    card = send_report(page)
    peer.say(started())
    peer.say({"type": "error", "request_id": REQUEST_ID, "seq": 2, "error": FAILED, "final": True})
    page.locator("#field-start_date").fill("2020-01-01")
    card.get_by_test_id("edit").click()
    expect(page.locator("#field-start_date")).to_have_value(START)
    again = card.get_by_test_id("again")
    expect(again).to_have_text("Retry")
    page.clock.pause_at(moment)
    again.dblclick()
    assert len(peer.heard_of("regenerate")) == 1


def test_answer_on_the_spot_stays_in_this_browser_until_the_sign_out(page: Page, peer: Peer, token: str) -> None:
    peer.answers["request"] = answered
    use_token(page, token)
    expect(send_report(page)).to_contain_text("rows 18,204")
    page.reload()
    expect(page.get_by_test_id("request")).to_contain_text("rows 18,204")
    page.get_by_test_id("signout").click()
    use_token(page, token)
    expect(page.get_by_test_id("empty")).to_be_visible()


def test_text_is_searched_in_what_is_loaded_and_on_the_server(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    peer.tell("c1", request_id=REQUEST_ID, status="pending", tags=["nightly"])
    text = page.get_by_test_id("filter-text")
    text.fill("night")
    expect(page.get_by_test_id("request")).to_have_count(1)
    text.fill("invoice")
    expect(page.get_by_test_id("none-fits")).to_have_text("No request that matches “invoice” was found.")
    assert [message["q"] for message in peer.heard_of("list") if "q" in message][-1] == "invoice"
    page.get_by_test_id("clear-filter").click()
    expect(page.get_by_test_id("request")).to_have_count(1)


def test_what_was_found_for_an_older_text_is_not_said_of_the_new_one(
    page: Page, peer: Peer, token: str, moment: datetime
) -> None:
    late: list[Message] = []

    def answer(message: Message) -> list[Message]:
        found = [{"type": "requests", "id": message["id"], "requests": [], "next_cursor": None}]
        if message.get("q") != "night":
            return found
        late.extend(found)
        return []

    peer.answers["list"] = answer
    use_token(page, token)
    expect(page.get_by_test_id("empty")).to_be_visible()
    page.clock.pause_at(moment)
    text = page.get_by_test_id("filter-text")
    text.fill("night")
    page.clock.run_for(300)
    text.fill("invoice")
    [said] = late
    peer.say(said)
    peer.tell("c1", request_id=REQUEST_ID, status="pending")
    expect(page.locator("#live-count")).to_have_text("1")
    expect(page.get_by_test_id("none-fits")).to_have_count(0)
    page.clock.run_for(300)
    expect(page.get_by_test_id("none-fits")).to_have_text("No request that matches “invoice” was found.")


def test_keys(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    send_report(page)
    page.locator("#field-start_date").press("?")
    expect(page.get_by_test_id("help")).to_be_hidden()
    page.get_by_test_id("who").click()
    page.locator("#requests").focus()
    page.keyboard.press("?")
    expect(page.get_by_test_id("help")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.get_by_test_id("detail")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    expect(page.get_by_test_id("filter-text")).to_be_focused()
