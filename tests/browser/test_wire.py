"""The wire inspector: every frame both ways, and frames that somebody writes by hand."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.console import send_report, use_token
from tests.browser.peer import REQUEST_ID, Peer, progress, started

pytestmark = pytest.mark.browser


def open_wire(page: Page) -> Locator:
    """Open the panel, and return its rows."""
    page.get_by_test_id("wire-toggle").click()
    return page.get_by_test_id("frame")


def test_it_works(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    send_report(page)
    frames = open_wire(page)
    expect(page.locator("[data-testid=frame][data-direction=out][data-type=request]")).to_have_count(1)
    expect(frames.first).to_have_attribute("data-type", "welcome")
    peer.say(started())
    peer.say(progress(2, 41.7))
    row = page.locator("[data-testid=frame][data-direction=in][data-type=progress]")
    expect(row).to_contain_text("42 % Reading")
    row.locator("summary").click()
    expect(row.locator("pre")).to_contain_text(f'"request_id": "{REQUEST_ID}"')

    page.get_by_test_id("wire-type").select_option("progress")
    expect(frames).to_have_count(1)
    page.get_by_test_id("wire-search").fill("no such text")
    expect(frames).to_have_count(0)
    expect(page.get_by_test_id("wire-count")).to_contain_text("0 of")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("wire")).to_be_hidden()
    expect(page.get_by_test_id("wire-toggle")).to_be_focused()


def test_frame_by_hand(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    open_wire(page)
    editor = page.get_by_test_id("raw-frame")
    editor.fill('{"type": "status", ')
    page.get_by_test_id("raw-send").click()
    expect(page.get_by_test_id("raw-fault")).to_contain_text("not valid JSON")
    editor.fill('{"type": "status", "request_id": "x"}')
    editor.press("Control+Enter")
    expect(page.get_by_test_id("raw-fault")).to_be_hidden()
    expect(page.locator("[data-testid=frame][data-type=status]")).to_have_count(1)
    assert peer.heard_of("status") == [{"type": "status", "request_id": "x"}]


def test_token_is_never_shown(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    open_wire(page)
    page.get_by_test_id("raw-frame").fill(f'{{"type": "authenticate", "token": "{token}"}}')
    page.get_by_test_id("raw-send").click()
    page.get_by_test_id("raw-frame").fill("")
    row = page.locator("[data-testid=frame][data-type=authenticate]")
    row.locator("summary").click()
    expect(row.locator("pre")).to_contain_text("•••")
    assert token not in page.get_by_test_id("wire").inner_html()
    assert peer.heard_of("authenticate")[0]["token"] == token


def test_pause_and_clear(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    frames = open_wire(page)
    expect(frames.first).to_be_visible()
    before = frames.count()
    page.get_by_test_id("wire-pause").click()
    peer.say({"type": "pong"})
    expect(page.get_by_test_id("wire-count")).to_contain_text("1 newer")
    assert frames.count() == before
    page.get_by_test_id("wire-pause").click()
    expect(frames).to_have_count(before + 1)
    page.get_by_test_id("wire-clear").click()
    expect(frames).to_have_count(0)
    expect(page.get_by_test_id("wire")).to_contain_text("Nothing has been sent or received yet.")
