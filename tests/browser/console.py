"""The actions of a person on the console, as functions on its page."""

from playwright.sync_api import Locator, Page, expect

START, END = "2025-01-01", "2025-03-31"
RUN_TIMEOUT_MS = 60_000


def use_token(page: Page, token: str) -> None:
    """Sign in with a token, and wait for the connection."""
    page.goto("/")
    page.get_by_test_id("token-tab").click()
    page.get_by_test_id("token-input").fill(token)
    page.get_by_test_id("token-submit").click()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")


def fill_report(page: Page, *, start: str = START, end: str = END) -> None:
    """Open the form of a report and fill in what is required."""
    page.locator("[data-action=generate_report][data-testid=action]").click()
    page.locator("#field-start_date").fill(start)
    page.locator("#field-end_date").fill(end)


def send_report(page: Page) -> Locator:
    """Send a report and return its card."""
    fill_report(page)
    page.get_by_test_id("send").click()
    return page.get_by_test_id("request").first


def upload(page: Page, name: str, content: bytes) -> Locator:
    """Choose a file in the section of datasets, and return the text about its upload."""
    page.get_by_test_id("tab-datasets").click()
    page.get_by_test_id("upload-input").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    return page.get_by_test_id("upload").first


def open_detail(card: Locator) -> Locator:
    """Open the panel of the request on a card."""
    card.get_by_test_id("open").click()
    return card.page.get_by_test_id("detail")
