"""Forms in a real browser: what they show is what is sent, and text is no JSON unless somebody says so."""

from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.console import use_token
from tests.browser.peer import Peer
from tests.live import LiveStack

_ROUND_TRIP = Path(__file__).with_name("forms.js").read_text()
_PASTE = """(cell, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text", text);
  cell.focus();
  cell.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""
_TEXTS = [
    "a",
    "a, b",
    'say "no"',
    "two\nlines",
    "[1]",
    "{",
    "7",
    "true",
    "null",
    " ",
    "ø👩",
    "windows\r\nlines",
    "x.y[0]",
]


def test_whatever_a_form_shows_is_what_it_sends(page: Page, live_stack: LiveStack, token: str) -> None:
    use_token(page, token)
    answer = page.request.get("/api/actions/", headers={"Authorization": f"Bearer {token}"})
    script = _ROUND_TRIP[_ROUND_TRIP.index("async ") :].rstrip().removesuffix(";")
    wrong = page.evaluate(script, {"actions": answer.json()["actions"], "texts": _TEXTS, "rounds": 15})
    assert wrong == [], f"{len(wrong)} came back otherwise, such as {wrong[:2]}"


def test_text_is_sent_as_text_and_json_is_offered(page: Page, peer: Peer, token: str) -> None:
    peer.answers["request"] = lambda message: [{"type": "response", "id": message["id"], "success": True, "data": {}}]
    use_token(page, token)
    page.locator("[data-action=echo][data-testid=action]").click()
    message, offer = page.locator("#field-message"), page.get_by_role("radiogroup", name="Sent as")
    for text in ("good day", '{"a": 1}'):
        message.fill(text)
        page.get_by_test_id("send").click()
        expect(page.get_by_test_id("request").first).to_have_attribute("data-status", "completed")
    offer.get_by_role("radio", name="JSON object").check()
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("request")).to_have_count(3)
    sent = [request["payload"]["message"] for request in peer.heard_of("request")]
    assert sent == ["good day", '{"a": 1}', {"a": 1}]


def test_example_fills_the_form_and_a_preset_its_days(page: Page, token: str) -> None:
    page.clock.set_fixed_time(datetime(2026, 3, 1, tzinfo=UTC))
    use_token(page, token)
    page.locator("#composer").get_by_test_id("example").filter(has_text="A report on a year").click()
    expect(page.locator("#field-start_date")).to_have_value("2025-01-01")
    page.get_by_role("button", name="2024", exact=True).click()
    expect(page.locator("#field-end_date")).to_have_value("2024-12-31")
    page.get_by_role("radio", name="CSV file").check()
    expect(page.get_by_test_id("field-include_charts")).to_be_hidden()


def test_operation_at_fault_takes_the_focus(page: Page, peer: Peer, token: str) -> None:
    path = "options.operations[1].columns[0]"
    faults = [{"path": path, "message": "there is no column 'price'"}]
    error = {"code": "VALIDATION_ERROR", "message": "1 fault", "details": {"faults": faults}, "retryable": False}
    peer.answers["request"] = lambda message: [{"type": "error", "id": message["id"], "error": error}]
    use_token(page, token)
    page.locator("[data-action=process_data][data-testid=action]").click()
    page.get_by_test_id("json-switch").check()
    operations = '[{"type": "limit", "rows": 1}, {"type": "drop", "columns": ["price"]}]'
    source = '{"type": "inline", "rows": [{"a": 1}]}'
    page.get_by_test_id("json-editor").fill(
        f'{{"pipeline": "transformation", "data_source": {source}, "options": {{"operations": {operations}}}}}'
    )
    page.get_by_test_id("json-switch").uncheck()
    page.get_by_test_id("send").click()
    expect(page.locator("#field-options-operations-1-columns-0")).to_be_focused()
    expect(page.locator("#field-options-operations-1-columns-0")).to_have_attribute("aria-invalid", "true")


def test_lines_pasted_from_a_spreadsheet_become_items(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    page.locator("[data-action=bulk_operation][data-testid=action]").click()
    page.locator("#field-operation-kind").select_option("action")
    page.locator("#field-operation-action").fill("delay")
    cell = page.get_by_role("textbox", name="seconds, item 1")
    cell.evaluate(_PASTE, "seconds\tsteps\n0.5\t2\n-1\t1\n")
    expect(page.get_by_test_id("field-items")).to_contain_text("1 item would fail as it stands.")
    page.get_by_role("textbox", name="steps, item 2").press("Enter")
    page.get_by_role("textbox", name="seconds, item 3").fill("2")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("request")).to_have_count(1)
    [sent] = peer.heard_of("request")
    assert sent["payload"]["items"] == [{"seconds": 0.5, "steps": 2}, {"seconds": -1, "steps": 1}, {"seconds": 2}]


def test_a_column_of_items_without_a_name_asks_for_one(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    page.locator("[data-action=bulk_operation][data-testid=action]").click()
    page.locator("#field-operation-kind").select_option("create")
    page.locator("#field-operation-entity").fill("customers")
    items = page.get_by_test_id("field-items")
    heading = items.get_by_role("textbox", name="Name of the field")
    expect(heading).to_have_value("")
    expect(heading).to_have_attribute("placeholder", "Name of a field")
    items.get_by_role("textbox", name="field without a name, item 1").fill("Ann")
    expect(items).to_contain_text("Name the field of each column that has values.")
    page.get_by_test_id("send").click()
    expect(heading).to_be_focused()
    for name in ("nam", "name"):
        heading.fill(name)
        heading.press("Enter")
        expect(items.get_by_role("textbox", name=f"{name}, item 1")).to_be_focused()
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("request")).to_have_count(1)
    [sent] = peer.heard_of("request")
    assert sent["payload"]["items"] == [{"name": "Ann"}]


def test_an_action_is_chosen_from_a_list_by_keyboard(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    page.locator("[data-action=bulk_operation][data-testid=action]").click()
    page.locator("#field-operation-kind").select_option("action")
    field = page.locator("#field-operation-action")
    field.press("ArrowDown")
    expect(page.get_by_role("option", name="Delay delay")).to_be_visible()
    field.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press_sequentially("dela")
    expect(page.locator("#field-operation-action-list").get_by_role("option")).to_have_count(1)
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("Delay")
    page.get_by_role("textbox", name="seconds, item 1").fill("0")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("request")).to_have_count(1)
    assert peer.heard_of("request")[0]["payload"]["operation"] == {"type": "action", "action": "delay"}
