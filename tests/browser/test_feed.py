"""Requests that this page did not send itself, and files that are kept for longer or made again."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.console import RUN_TIMEOUT_MS, open_detail, send_report, use_token
from tests.browser.peer import REQUEST_ID, Peer, complete, progress, started
from tests.browser.sender import sent_elsewhere
from tests.live import LiveStack

pytestmark = pytest.mark.browser

OTHER_ID = "77ab2b1e-7a52-4a53-9c8e-2f4b6f1f0a22"
FILE_ID = "9b1d2b1e-7a52-4a53-9c8e-2f4b6f1f0a33"


@pytest.fixture
def token(live_stack: LiveStack, request: pytest.FixtureRequest) -> str:
    """Make a token for a user of this test's own, so that no test sees the requests of another."""
    return live_stack.token(user=request.node.name)


def the_card(page: Page, request_id: str) -> Locator:
    return page.locator(f"[data-testid=request][data-request-id='{request_id}']")


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def a_file(days: float) -> dict[str, Any]:
    url = f"/api/artifacts/{FILE_ID}/?expires=1&signature=a"
    return {"artifact_id": FILE_ID, "url": url, "filename": "r.pdf", "size_bytes": 9, "expires_at": in_days(days)}


def test_it_works(page: Page, live_stack: LiveStack, token: str) -> None:
    """See a request of another socket to its end, without a reload."""
    use_token(page, token)
    expect(page.get_by_test_id("empty")).to_be_visible()
    request_id = sent_elsewhere(live_stack, token, "echo_async", {"message": "from a script"})
    card = the_card(page, request_id)
    expect(card).to_have_attribute("data-status", "completed", timeout=RUN_TIMEOUT_MS)
    expect(open_detail(card).get_by_test_id("result")).to_contain_text("from a script")


def test_long_work_of_another_socket_shows_its_progress(page: Page, live_stack: LiveStack, token: str) -> None:
    use_token(page, token)
    card = the_card(page, sent_elsewhere(live_stack, token, "delay", {"seconds": 300, "steps": 1000}))
    expect(card.get_by_role("progressbar")).to_be_visible(timeout=RUN_TIMEOUT_MS)
    card.get_by_test_id("cancel").click()
    expect(card).to_have_attribute("data-status", "cancelled", timeout=RUN_TIMEOUT_MS)


def test_keep_a_file_and_do_it_again(page: Page, token: str) -> None:
    use_token(page, token)
    card = send_report(page)
    expect(card).to_have_attribute("data-status", "completed", timeout=RUN_TIMEOUT_MS)
    first_id = card.get_attribute("data-request-id") or ""
    detail = open_detail(card)
    expect(detail.get_by_test_id("file-kept")).to_contain_text("7 days left")
    detail.get_by_test_id("file-keep").locator("summary").click()
    detail.get_by_role("combobox").select_option(label="14 days from now")
    detail.get_by_test_id("extend").click()
    expect(detail.get_by_test_id("file-said")).to_have_text("Kept for longer.")
    expect(detail.get_by_test_id("file-kept")).to_contain_text("14 days left")

    detail.get_by_test_id("regenerate").click()
    expect(detail.get_by_test_id("about")).to_contain_text("Run again from")
    detail.get_by_test_id("about").locator("> summary").click()
    expect(detail.get_by_test_id("request-status")).to_have_text("Completed", timeout=RUN_TIMEOUT_MS)
    expect(detail.get_by_role("button", name=first_id)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("request")).to_have_count(2)


def test_result_that_was_known_already(page: Page, token: str) -> None:
    use_token(page, token)
    card = send_report(page)
    expect(card).to_have_attribute("data-status", "completed", timeout=RUN_TIMEOUT_MS)
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("request")).to_have_count(2)
    expect(page.get_by_test_id("request").first.get_by_test_id("cached")).to_contain_text("From the cache · made")
    expect(page.get_by_test_id("request").last.get_by_test_id("cached")).to_be_hidden()
    page.reload()
    expect(page.get_by_test_id("request").first.get_by_test_id("cached")).to_be_visible()


def test_cursor_is_sent_along_after_a_lost_connection(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    peer.tell("c7", request_id=OTHER_ID, status="completed", result={})
    expect(the_card(page, OTHER_ID)).to_be_visible()
    missed = {"request_id": REQUEST_ID, "action": "delay", "status": "completed", "seq": 3, "created_at": time.time()}
    peer.answers["feed"] = lambda _: [{"type": "message", "topic": "requests", "cursor": "c8", "request": missed}]
    peer.close(1012)
    expect(the_card(page, REQUEST_ID)).to_be_visible()
    first, second = peer.heard_of("feed")
    assert "cursor" not in first and second["cursor"] == "c7"
    assert len(peer.heard_of("list")) == 1


def test_list_is_read_anew_when_too_much_was_missed(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    peer.answers["feed"] = lambda _: [{"type": "subscribed", "topic": "requests", "cursor": "c9", "truncated": True}]
    state = {"request_id": OTHER_ID, "action": "delay", "status": "failed", "seq": 3, "created_at": time.time()}
    peer.answers["list"] = lambda message: [{"type": "requests", "id": message["id"], "requests": [state]}]
    peer.tell("c8", request_id=REQUEST_ID, status="completed", result={})
    expect(the_card(page, REQUEST_ID)).to_be_visible()
    peer.close(1012)
    expect(the_card(page, OTHER_ID)).to_have_attribute("data-status", "failed")


def test_many_live_ones_are_followed_with_few_messages(page: Page, peer: Peer, token: str, moment: datetime) -> None:
    peer.answers["subscribe"] = lambda message: [
        progress(2, 33) | {"request_id": one["request_id"]} for one in message["requests"]
    ]
    use_token(page, token)
    ids = [f"{number:08d}-7a52-4a53-9c8e-2f4b6f1f0a11" for number in range(200)]
    page.clock.pause_at(moment)  # they all come in one moment, however long the machine takes to tell of them
    for request_id in ids:
        peer.tell("c1", request_id=request_id, status="processing", percentage=10)
    expect(page.locator("#live-count")).to_have_text("200")
    page.clock.resume()
    expect(page.get_by_test_id("request")).to_have_count(200)
    # The page follows only this many; the feed alone tells of the others.
    expect(page.locator("[data-testid=request] [role=progressbar][aria-valuenow='33']")).to_have_count(128)
    assert len(peer.heard_of("subscribe")) < 100
    late = [f"{number:08d}-7a52-4a53-9c8e-2f4b6f1f0a11" for number in range(200, 204)]
    for request_id in late:
        peer.tell("c1", request_id=request_id, status="processing", percentage=10)
        expect(the_card(page, request_id)).to_be_visible()
    # But a request whose panel is opened is followed.
    open_detail(the_card(page, late[0]))
    expect(the_card(page, late[0]).get_by_role("progressbar")).to_have_attribute("aria-valuenow", "33")
    expect(page.locator("[data-testid=request] [role=progressbar][aria-valuenow='33']")).to_have_count(129)
    page.keyboard.press("Escape")
    peer.tell("c2", request_id=ids[-1], status="processing", percentage=77, seq=9)
    expect(the_card(page, ids[-1]).get_by_role("progressbar")).to_have_attribute("aria-valuenow", "77")


def test_thousands_that_pass_by_are_let_go(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    now = time.time()
    for number in range(3000):
        request_id = f"{number:08d}-7a52-4a53-9c8e-2f4b6f1f0a11"
        peer.tell("c1", request_id=request_id, status="completed", result={}, created_at=now + number)
        if number % 250 == 249:  # so that no wait is for all of them
            expect(the_card(page, request_id)).to_be_visible()
    assert page.get_by_test_id("request").count() <= 200
    # A request that is no longer followed is read again.
    page.get_by_test_id("load-more").click()
    expect(page.get_by_test_id("load-more")).to_be_hidden()
    assert "cursor" not in peer.heard_of("list")[-1]


def test_files_that_expire_soon_are_told_and_kept(page: Page, peer: Peer, token: str) -> None:
    peer.answers["extend"] = lambda message: [
        {
            "type": "extended",
            "id": message["id"],
            "request_id": REQUEST_ID,
            **a_file(7),
            "latest_expires_at": in_days(9),
        }
    ]
    use_token(page, token)
    card = send_report(page)
    peer.say(started())
    # Half a minute past the minute, so that the text stays while the test looks.
    peer.say(complete(2, artifacts=[a_file(4.79 / 24)]))
    expect(card.get_by_test_id("download")).to_contain_text("4 h 47 min left")
    notice = {"type": "result_expiring", "topic": "requests", "request_id": REQUEST_ID}
    peer.say({**notice, "artifact_id": FILE_ID, "filename": "r.pdf", "expires_at": in_days(0.2)})
    told = page.get_by_test_id("expiring")
    expect(told).to_contain_text("r.pdf expires soon")
    told.locator("summary").click()
    told.get_by_test_id("expiring-keep").click()
    expect(told).to_be_hidden()
    expect(card.get_by_test_id("download")).not_to_contain_text("left")
    assert [message["artifact_id"] for message in peer.heard_of("extend")] == [FILE_ID]


def test_file_that_has_gone_meanwhile_says_so(page: Page, peer: Peer, token: str) -> None:
    error = {"code": "NOT_FOUND", "message": "There is no such file", "retryable": False}
    peer.answers["extend"] = lambda message: [{"type": "error", "id": message["id"], "error": error}]
    use_token(page, token)
    card = send_report(page)
    peer.say(started())
    peer.say(complete(2, artifacts=[a_file(3)]))
    detail = open_detail(card)
    detail.get_by_test_id("file-keep").locator("summary").click()
    detail.get_by_test_id("extend").click()
    expect(detail.get_by_test_id("file-said")).to_have_text("There is no such file")


def test_request_whose_files_are_gone_can_be_done_again(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    peer.tell("c1", request_id=OTHER_ID, status="completed", result=a_file(-1))
    card = the_card(page, OTHER_ID)
    expect(card).to_contain_text("expired")
    card.get_by_test_id("again").click()
    expect(the_card(page, REQUEST_ID)).to_have_attribute("data-status", "pending")
    [message] = peer.heard_of("regenerate")
    assert message["request_id"] == OTHER_ID and message["id"] != OTHER_ID


def test_regeneration_that_is_refused_says_why(page: Page, peer: Peer, token: str) -> None:
    error = {"code": "VALIDATION_ERROR", "message": "format: no longer offered", "retryable": False}
    peer.answers["regenerate"] = lambda message: [
        {"type": "error", "id": message["id"], "request_id": OTHER_ID, "error": error}
    ]
    use_token(page, token)
    peer.tell("c1", request_id=OTHER_ID, status="completed", result=a_file(-1))
    the_card(page, OTHER_ID).get_by_test_id("again").click()
    expect(page.get_by_test_id("request").first).to_contain_text("format: no longer offered")


def test_bulk_tells_its_items(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    failures = [{"index": 4, "code": "VALIDATION_ERROR", "message": "<b>no</b>"}]
    figures = {"total_items": 12000, "processed": 12000, "succeeded": 11999, "failed": 1, "skipped": 0}
    result = {**figures, "failures": failures, "artifacts": {"rejects": a_file(3)}}
    peer.tell("c1", request_id=OTHER_ID, status="completed", action="bulk_operation", result=result)
    card = the_card(page, OTHER_ID)
    expect(card).to_contain_text("11,999 of 12,000 items done, 1 failed.")
    expect(card.get_by_test_id("download")).to_have_text("r.pdfPDF · 9 B")
    expect(open_detail(card).get_by_test_id("failures")).to_contain_text("4VALIDATION_ERROR<b>no</b>")


def test_frame_that_is_too_large_is_not_sent(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    peer.say({"type": "welcome", "heartbeat_seconds": 20, "limits": {"frame_bytes": 2000}})
    page.locator("[data-action=echo][data-testid=action]").click()
    page.get_by_test_id("json-switch").check()
    page.get_by_test_id("json-editor").fill('{"message": "%s"}' % ("x" * 3000))
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("form-fault")).to_contain_text("a request may have at most 2000.")
    assert peer.heard_of("request") == []


def test_events_of_a_request_found_later_are_complete(page: Page, peer: Peer, token: str) -> None:
    peer.answers["subscribe"] = lambda _: [progress(5, 50)]
    use_token(page, token)
    peer.tell("c1", request_id=REQUEST_ID, status="processing", seq=4, percentage=40)
    expect(the_card(page, REQUEST_ID).get_by_role("progressbar")).to_have_attribute("aria-valuenow", "50")
    # The feed is a little behind the events: it must not turn the bar back.
    peer.tell("c2", request_id=REQUEST_ID, status="processing", seq=4, percentage=40)
    peer.say(progress(6, 60))
    expect(the_card(page, REQUEST_ID).get_by_role("progressbar")).to_have_attribute("aria-valuenow", "60")


def test_file_that_was_kept_elsewhere_shows_its_new_expiry(page: Page, peer: Peer, token: str) -> None:
    page.route(f"**/api/requests/{OTHER_ID}/", lambda route: route.fulfill(json={"artifacts": [a_file(9)]}))
    use_token(page, token)
    peer.tell("c1", request_id=OTHER_ID, status="completed", result=a_file(0.5))
    link = the_card(page, OTHER_ID).get_by_test_id("download")
    expect(link).to_contain_text("left")
    peer.tell("c2", request_id=OTHER_ID, status="completed", result=a_file(0.5))
    expect(link).not_to_contain_text("left")


def test_model_that_was_learned_can_be_used(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    result = {
        "summary": {"model": "logistic regression"},
        "artifacts": {"model": {**a_file(3), "filename": "model.skops"}},
    }
    peer.tell("c1", request_id=OTHER_ID, status="completed", action="process_data", result=result)
    open_detail(the_card(page, OTHER_ID)).get_by_test_id("predict").click()
    expect(page.get_by_test_id("form")).to_have_attribute("data-action", "predict")
    expect(page.locator("#field-model")).to_have_value("model.skops")
    expect(page).to_have_url(re.compile(FILE_ID))
