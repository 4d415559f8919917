"""Sending from the form: once for two presses, many at once, and with tags."""

import json
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import open_detail, send_report, use_token
from tests.browser.peer import REQUEST_ID, Message, Peer, acknowledgment
from tests.live import LiveStack

pytestmark = pytest.mark.browser


@pytest.fixture
def token(live_stack: LiveStack, request: pytest.FixtureRequest) -> str:
    """Make a token for a user of this test's own, so that no test sees the requests of another."""
    return live_stack.token(user=request.node.name)


def acknowledged_each(message: Message) -> list[Message]:
    """Answer a batch: every request has an id of its own."""
    return [
        acknowledgment(request) | {"request_id": f"{index:08d}-7a52-4a53-9c8e-2f4b6f1f0a11"}
        for index, request in enumerate(message["requests"])
    ]


def test_two_presses_send_one_request(page: Page, peer: Peer, token: str) -> None:
    peer.answers["request"] = lambda _: []
    use_token(page, token)
    send_report(page)
    send = page.get_by_test_id("send")
    expect(send).to_have_attribute("aria-disabled", "true")
    send.dispatch_event("click")
    page.locator("#field-start_date").press("Control+Enter")
    peer.answers["request"] = lambda message: [acknowledgment(message)]
    peer.close(1012)
    expect(page.get_by_test_id("request").first).to_have_attribute("data-status", "pending")
    assert len({message["id"] for message in peer.heard_of("request")}) == 1
    expect(send).to_have_attribute("aria-disabled", "false")
    send.click()
    expect(send).to_have_attribute("aria-disabled", "false")
    assert len({message["id"] for message in peer.heard_of("request")}) == 2


def test_what_was_not_acknowledged_is_sent_again_after_a_reload(page: Page, peer: Peer, token: str) -> None:
    peer.answers["request"] = lambda _: []
    use_token(page, token)
    send_report(page)
    page.reload()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")
    send = page.get_by_test_id("send")
    expect(send).to_have_attribute("aria-disabled", "true")
    send.dispatch_event("click")
    peer.answers["request"] = lambda message: [acknowledgment(message)]
    peer.close(1012)
    expect(page.get_by_test_id("request")).to_have_attribute("data-status", "pending")
    expect(send).to_have_attribute("aria-disabled", "false")
    sent = peer.heard_of("request")
    assert len(sent) > 1
    assert len({(message["id"], json.dumps(message["payload"], sort_keys=True)) for message in sent}) == 1
    before = len(sent)
    page.reload()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")
    assert len(peer.heard_of("request")) == before


def test_ten_at_once_are_one_message(page: Page, peer: Peer, token: str) -> None:
    peer.answers["requests"] = acknowledged_each
    use_token(page, token)
    send_report(page)
    page.get_by_test_id("send-many").click()
    expect(page.get_by_test_id("request")).to_have_count(11)
    [batch] = peer.heard_of("requests")
    assert len({request["id"] for request in batch["requests"]}) == 10
    assert {request["action"] for request in batch["requests"]} == {"generate_report"}


def test_tags_are_sent_shown_and_filtered_by(page: Page, live_stack: LiveStack, token: str) -> None:
    use_token(page, token)
    page.locator("[data-action=echo_async][data-testid=action]").click()
    page.locator("#field-message").fill("1")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("request")).to_have_count(1)
    tags = page.get_by_test_id("tags")
    tags.fill("nightly")
    tags.press("Enter")
    tags.fill("customer 7")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("request")).to_have_count(2)
    page.reload()
    expect(page.get_by_test_id("request")).to_have_count(2)
    card = page.get_by_test_id("request").first
    expect(card.get_by_test_id("tags-of-request")).to_have_text("nightlycustomer 7")
    open_detail(card).get_by_role("button", name="customer 7").click()
    expect(page.get_by_test_id("detail")).to_be_hidden()
    expect(page.get_by_test_id("request")).to_have_count(1)
    filter_field = page.get_by_test_id("filter-tag")
    expect(filter_field).to_have_value("customer 7")
    filter_field.fill("no such tag")
    filter_field.press("Enter")
    expect(page.get_by_test_id("none-fits")).to_have_text("No request with the tag “no such tag” was found.")


def test_too_many_tags_are_not_sent(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    send_report(page)
    page.get_by_test_id("tags").fill(",".join(f"t{number}" for number in range(11)))
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("fault-tags")).to_have_text("A request has at most 10 tags.")
    assert len(peer.heard_of("request")) == 1


def test_a_tag_of_the_feed_is_on_its_card(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    peer.tell("c1", request_id=REQUEST_ID, status="pending", tags=["from a script"], created_at=time.time())
    page.get_by_test_id("tags-of-request").get_by_text("from a script").click()
    expect(page.get_by_test_id("filter-tag")).to_have_value("from a script")
    assert peer.heard_of("list")[-1]["tag"] == "from a script"
