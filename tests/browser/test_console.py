"""The console in a real Chromium.

Some tests go through the whole stack. The others take the server's end of the socket themselves, to say exactly what
a server may say and when: lost messages, lost connections, refusals.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import END, RUN_TIMEOUT_MS, START, fill_report, open_detail, send_report, use_token
from tests.browser.peer import REQUEST_ID, Peer, acknowledgment, complete, progress, started
from tests.live import LiveStack

pytestmark = pytest.mark.browser


def test_it_works(page: Page, live_stack: LiveStack) -> None:
    page.goto("/")
    page.get_by_test_id("signin-username").fill(live_stack.user)
    page.get_by_test_id("signin-password").fill(live_stack.password)
    page.get_by_test_id("signin-submit").click()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")
    expect(page.get_by_test_id("who")).to_contain_text(live_stack.user)
    page.get_by_test_id("signout").click()
    expect(page.get_by_test_id("signin")).to_be_visible()
    assert page.evaluate("[sessionStorage.length, localStorage.length]") == [0, 0]


def test_wrong_password(page: Page, live_stack: LiveStack) -> None:
    page.goto("/")
    page.get_by_test_id("signin-username").fill(live_stack.user)
    page.get_by_test_id("signin-password").fill(f"not {live_stack.password}")
    page.get_by_test_id("signin-submit").click()
    expect(page.get_by_test_id("signin-error")).to_have_text("Username or password is wrong.")


def test_pasted_text_that_is_no_token(page: Page) -> None:
    page.goto("/")
    page.get_by_test_id("token-tab").click()
    page.get_by_test_id("token-input").fill("not a token")
    page.get_by_test_id("token-submit").click()
    expect(page.get_by_test_id("signin-error")).to_contain_text("not a JSON Web Token")


def test_token_stays_off_the_disk_and_out_of_addresses(page: Page, token: str) -> None:
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.on("websocket", lambda socket: addresses.append(socket.url))
    use_token(page, token)
    assert page.evaluate("localStorage.length") == 0
    assert not any(token in address for address in addresses)
    page.reload()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")


def test_report_from_form_to_file(page: Page, token: str) -> None:
    use_token(page, token)
    fill_report(page)
    page.get_by_role("radio", name="excel").check()
    page.get_by_test_id("send").click()
    card = page.get_by_test_id("request").first
    expect(card).to_have_attribute("data-status", "completed", timeout=RUN_TIMEOUT_MS)
    with page.expect_download() as download:
        card.get_by_test_id("download").first.click()
    assert download.value.path().stat().st_size > 0

    detail = open_detail(card)
    detail.get_by_test_id("events").locator("> summary").click()
    expect(detail.locator("[data-testid=event][data-type=complete]")).to_be_visible()
    numbers = [int(event.get_attribute("data-seq") or 0) for event in detail.get_by_test_id("event").all()]
    assert numbers == list(range(1, len(numbers) + 1))
    expect(detail.get_by_test_id("payload")).to_contain_text('"format": "excel"')
    page.keyboard.press("Escape")
    expect(detail).to_be_hidden()


def test_history_after_a_reload(page: Page, token: str) -> None:
    use_token(page, token)
    card = send_report(page)
    expect(card).to_have_attribute("data-status", "completed", timeout=RUN_TIMEOUT_MS)
    request_id = card.get_attribute("data-request-id")
    page.reload()
    mine = page.locator(f"[data-testid=request][data-request-id='{request_id}']")
    expect(mine).to_have_attribute("data-status", "completed")
    page.get_by_test_id("filter-failed").click()
    expect(mine).to_have_count(0)
    page.get_by_test_id("filter-completed").click()
    expect(mine).to_be_visible()


def test_unknown_field_is_named(page: Page, token: str) -> None:
    use_token(page, token)
    fill_report(page)
    page.get_by_test_id("json-switch").check()
    page.get_by_test_id("json-editor").fill(f'{{"start_date": "{START}", "end_date": "{END}", "colour": "red"}}')
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("notice")).to_contain_text("colour: this action has no such field")


def test_missing_and_malformed_values_are_not_sent(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    fill_report(page, end="")
    page.get_by_text("Filters and tables").click()
    page.locator("#field-filters-add").click()
    page.locator("#field-filters-0-name").fill("region")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("fault-end_date")).to_have_text("This is required.")
    expect(page.get_by_text("A value is missing.")).to_be_visible()
    expect(page.locator("#field-end_date")).to_be_focused()
    assert peer.heard_of("request") == []


def test_faults_of_the_server_stand_at_their_fields(page: Page, peer: Peer, token: str) -> None:
    faults = [{"path": "end_date", "message": "is too late"}, {"path": "filters.colour", "message": "no such column"}]
    error = {"code": "VALIDATION_ERROR", "message": "2 faults", "details": {"faults": faults}, "retryable": False}
    peer.answers["request"] = lambda message: [{"type": "error", "id": message["id"], "error": error}]
    use_token(page, token)
    send_report(page)
    expect(page.get_by_test_id("fault-end_date")).to_have_text("Is too late")
    expect(page.get_by_test_id("fault-filters")).to_have_text("colour: no such column")
    expect(page.locator("#field-end_date")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_test_id("request")).to_have_count(0)


def test_refused_request_is_kept_with_its_reason(page: Page, peer: Peer, token: str) -> None:
    error = {"code": "RATE_LIMITED", "message": "Too many requests are waiting.", "retryable": True}
    peer.answers["request"] = lambda message: [{"type": "error", "id": message["id"], "error": error}]
    use_token(page, token)
    card = send_report(page)
    expect(card).to_have_attribute("data-status", "failed")
    expect(card).to_contain_text("Too many requests are waiting.")


def test_answer_on_the_spot(page: Page, peer: Peer, token: str) -> None:
    peer.answers["request"] = lambda message: [
        {"type": "response", "id": message["id"], "request_id": REQUEST_ID, "success": True, "data": {"rows": 18204}}
    ]
    use_token(page, token)
    card = send_report(page)
    expect(card).to_have_attribute("data-status", "completed")
    expect(card).to_contain_text("rows 18,204")
    expect(open_detail(card).get_by_test_id("result")).to_contain_text('"rows": 18204')


def test_answer_on_the_spot_that_was_known(page: Page, peer: Peer, token: str) -> None:
    known = {"seconds": 0.001, "cached": True, "computed_at": 1769817600.5}
    peer.answers["request"] = lambda message: [
        {"type": "response", "id": message["id"], "success": True, "data": {"rows": 1}, "metadata": known}
    ]
    use_token(page, token)
    expect(send_report(page).get_by_test_id("cached")).to_contain_text("From the cache · made")


def test_place_in_the_queue(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    card = send_report(page)
    place = {"type": "waiting", "request_id": REQUEST_ID, "ahead": 3, "position": 4, "reason": "ahead"}
    peer.say({**place, "estimated_seconds": 7, "estimated_start_seconds": 3720})
    expect(card).to_contain_text("3 ahead, starts in about 1 h 1 min, takes about 7 s.")
    peer.say({**place, "reason": "paused"})
    expect(card).to_contain_text("Paused by an operator.")


def test_bar_follows_progress(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    card = send_report(page)
    expect(card).to_have_attribute("data-status", "pending")
    peer.say(started())
    peer.say(progress(2, 41.7))
    expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "42")
    peer.say(complete(3))
    expect(card).to_have_attribute("data-status", "completed")
    expect(page.get_by_role("status").first).to_contain_text("Completed")


def test_gap_is_asked_for_and_doubles_are_dropped(page: Page, peer: Peer, token: str) -> None:
    peer.answers["subscribe"] = lambda _: [
        {"type": "subscribed", "requests": [{"request_id": REQUEST_ID, "status": "processing", "last_seq": 4}]},
        *[progress(seq, 10 * seq) for seq in (2, 3, 4)],
    ]
    use_token(page, token)
    card = send_report(page)
    peer.say(started())
    peer.say(progress(4, 40))
    expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "40")
    peer.say(progress(2, 20))
    peer.say(progress(5, 50))
    expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "50")
    asked = [message["requests"] for message in peer.heard_of("subscribe")]
    assert asked == [[{"request_id": REQUEST_ID, "after_seq": 1}]]


@pytest.mark.usefixtures("moment")
def test_lost_connection_is_shown_and_taken_up_again(page: Page, peer: Peer, token: str) -> None:
    peer.answers["subscribe"] = lambda _: [progress(3, 60)]
    use_token(page, token)
    card = send_report(page)
    peer.say(started())
    peer.say(progress(2, 30))
    bar = card.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "30")

    peer.say({"type": "goodbye", "code": 4000, "reconnect": True, "after_ms": 600_000})
    peer.close(4000)
    expect(page.get_by_test_id("banner")).to_contain_text("The server is restarting. Trying again in 600 s.")
    expect(bar).to_have_attribute("data-stale", "true")
    page.get_by_test_id("banner-retry").click()

    expect(bar).to_have_attribute("aria-valuenow", "60")
    expect(bar).to_have_attribute("data-stale", "false")
    expect(page.get_by_test_id("banner")).to_be_hidden()
    assert peer.heard_of("subscribe")[0]["requests"] == [{"request_id": REQUEST_ID, "after_seq": 2}]


def test_unanswered_request_is_sent_again_under_the_same_id(page: Page, peer: Peer, token: str) -> None:
    peer.answers["request"] = lambda _: []
    use_token(page, token)
    card = send_report(page)
    expect(card).to_have_attribute("data-status", "sending")
    peer.answers["request"] = lambda message: [acknowledgment(message)]
    peer.close(1012)
    expect(card).to_have_attribute("data-status", "pending")
    first, second = peer.heard_of("request")
    assert first == second


def test_live_request_found_in_the_list_is_followed(page: Page, peer: Peer, token: str) -> None:
    state = {"request_id": REQUEST_ID, "action": "generate_report", "status": "processing", "seq": 7, "percentage": 20}
    peer.answers["list"] = lambda message: [{"type": "requests", "id": message["id"], "requests": [state]}]
    peer.answers["subscribe"] = lambda _: [progress(8, 80)]
    use_token(page, token)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "80")
    assert peer.heard_of("subscribe")[0]["requests"] == [{"request_id": REQUEST_ID, "after_seq": 7}]


def test_cancel(page: Page, peer: Peer, token: str) -> None:
    final = {"type": "cancelled", "request_id": REQUEST_ID, "seq": 2, "mode": "cooperative", "final": True}
    peer.answers["cancel"] = lambda _: [final]
    use_token(page, token)
    card = send_report(page)
    peer.say(started())
    card.get_by_test_id("cancel").click()
    expect(card).to_have_attribute("data-status", "cancelled")
    expect(card).to_contain_text("Cancelled while it was running.")
    expect(card.get_by_test_id("cancel")).to_be_hidden()


def test_cancel_of_what_really_runs(page: Page, token: str) -> None:
    use_token(page, token)
    page.locator("[data-action=delay][data-testid=action]").click()
    page.locator("#field-seconds").fill("300")
    page.get_by_test_id("send").click()
    card = page.get_by_test_id("request").first
    expect(card.get_by_role("progressbar")).to_be_visible(timeout=RUN_TIMEOUT_MS)
    card.get_by_test_id("cancel").click()
    expect(card).to_have_attribute("data-status", "cancelled", timeout=RUN_TIMEOUT_MS)


def test_refused_token_leads_to_the_sign_in(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    peer.close(4500)
    expect(page.get_by_test_id("signin")).to_be_visible()
    expect(page.get_by_test_id("signin-error")).to_contain_text("did not accept the token")


def test_keyboard(page: Page, token: str) -> None:
    use_token(page, token)
    page.keyboard.press("/")
    expect(page.get_by_test_id("action-search")).to_be_focused()
    page.keyboard.type("generate_rep")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("form")).to_have_attribute("data-action", "generate_report")


def test_phone(page: Page, peer: Peer, token: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    use_token(page, token)
    card = send_report(page)
    peer.say(started())
    peer.say(progress(2, 50))
    expect(card.get_by_role("progressbar")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.get_by_test_id("form")).to_be_hidden()
