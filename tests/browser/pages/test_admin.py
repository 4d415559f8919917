"""The admin in a real Chromium, under its content policy: what a page needs it may load, and its widgets work."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.console import RUN_TIMEOUT_MS, fill_report, use_token
from tests.browser.sender import sent_elsewhere
from tests.live import LiveStack

pytestmark = pytest.mark.browser
LISTS = (
    *("jobs/asyncrequest", "jobs/artifact", "jobs/dataset", "jobs/pausedaction", "jobs/dailyusage", "jobs/tenantquota"),
    *("jobs/pausedqueue", "jobs/limitoverride", "jobs/worker", "jobs/operatoract"),
    *("realtime/connection", "realtime/membership", "realtime/webprocess", "auth/user", "auth/group"),
)


@pytest.fixture
def admin(page: Page, live_stack: LiveStack) -> Page:
    """Sign in to the admin."""
    page.goto("/admin/")
    page.get_by_label("Username").fill(live_stack.user)
    page.get_by_label("Password").fill(live_stack.password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    return page


def test_it_works(admin: Page, live_stack: LiveStack, token: str) -> None:
    """Visit every page that links lead to. The fixture ``page`` fails at the first breach of the content policy."""
    sent_elsewhere(live_stack, token, "echo_async", {"message": "to have a page"})
    policy = (admin.request.get("/admin/")).headers["content-security-policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy
    waiting, seen = ["/admin/"], set[str]()
    while waiting:
        path = waiting.pop()
        seen.add(_kind_of(path))
        answer = admin.goto(path)
        assert answer is not None and answer.status == 200, path
        expect(admin.locator("#content")).to_be_visible()
        links = admin.locator("a[href]").evaluate_all("links => links.map((link) => new URL(link.href).pathname)")
        waiting += [link for link in dict.fromkeys(links) if _is_new(link, {*seen, *map(_kind_of, waiting)})]
    assert {f"/admin/{name}/" for name in LISTS} <= seen and "/admin/jobs/asyncrequest/0/change/" in seen


def _kind_of(path: str) -> str:
    """Return the path with 0 for the id of a row."""
    return re.sub(r"(?<=^/admin/)(\w+/\w+)/(?!add/)[^/]+/(?=\w)", r"\1/0/", path)


def _is_new(path: str, seen: set[str]) -> bool:
    # RQ's own pages are no part of Streamer's admin, and some are no pages.
    return path.startswith("/admin/") and not re.search("logout|django_rq", path) and _kind_of(path) not in seen


def test_a_list_changes_without_a_reload_and_announces_what_is_new(
    admin: Page, live_stack: LiveStack, token: str
) -> None:
    first = sent_elsewhere(live_stack, token, "delay", {"seconds": 6})
    admin.goto("/admin/jobs/asyncrequest/")
    row = admin.locator("#result_list tbody tr", has=admin.locator(f"a[href*='{first}']"))
    expect(row.locator(".field-state")).to_contain_text("Running")
    admin.evaluate("window.isTheSamePage = true")
    sent_elsewhere(live_stack, token, "echo_async", {"message": "new"})
    expect(admin.get_by_role("status").get_by_role("link")).to_have_text(re.compile(r"\d+ new requests?: show"))
    expect(row.locator(".field-state")).to_contain_text("Completed", timeout=RUN_TIMEOUT_MS)
    assert admin.evaluate("window.isTheSamePage")


def test_the_overview_refreshes_itself_and_keeps_what_its_reader_does(admin: Page) -> None:
    age = admin.locator("#overview-age")
    expect(age).to_contain_text("refreshed every 5 s")
    plot = admin.locator("#chart-throughput .st-plot")
    plot.focus()
    admin.keyboard.press("ArrowLeft")
    reading = admin.locator("#chart-throughput .st-reading")
    expect(reading).to_have_text(re.compile(r"\d.*: (\d+ submitted, .*|not known)"))
    admin.evaluate("window.isTheSamePage = true")
    admin.locator("#overview h2").first.evaluate("heading => { heading.textContent = 'No longer so' }")
    expect(admin.locator("#overview")).not_to_contain_text("No longer so", timeout=RUN_TIMEOUT_MS)
    assert admin.evaluate("window.isTheSamePage")
    expect(plot).to_be_focused()
    expect(reading).to_have_text(re.compile(r"\d.*: (\d+ submitted, .*|not known)"))
    admin.keyboard.press("Home")
    expect(admin.locator("#chart-throughput .st-cursor")).to_be_visible()


def test_an_overview_that_gets_no_answer_says_how_old_it_is(admin: Page) -> None:
    admin.route("**/admin/", lambda route: route.abort())
    expect(admin.locator("#overview-age")).to_contain_text("the server gives no newer figures", timeout=60_000)


@pytest.mark.parametrize("width", [800, 1024, 1440, 1920])
def test_the_header_leads_to_every_list(admin: Page, width: int) -> None:
    admin.set_viewport_size({"width": width, "height": 800})
    lists = admin.locator(".st-nav")
    expect(lists.get_by_role("link", name="Users")).to_be_visible()
    assert lists.evaluate("one => one.scrollWidth - one.clientWidth") <= 0


def test_the_theme_can_be_chosen(admin: Page) -> None:
    theme = admin.locator("html")
    before = theme.get_attribute("data-theme")
    admin.locator(".theme-toggle").first.click()
    assert theme.get_attribute("data-theme") != before


def test_the_widgets_of_a_user_work(admin: Page) -> None:
    admin.goto("/admin/auth/user/")
    admin.get_by_role("link", name="admin", exact=True).click()
    expect(admin.locator(".selector").first).to_be_visible()
    admin.locator(".selector-available option").first.dblclick()
    expect(admin.locator(".selector-chosen option").first).to_be_attached()
    admin.locator(".datetimeshortcuts a").first.click()
    admin.goto("/admin/auth/user/add/")
    admin.get_by_label("Username").fill("a new user")
    expect(admin.get_by_label("Username")).to_have_value("a new user")


def test_the_page_of_a_request_opens(admin: Page, token: str) -> None:
    use_token(admin, token)
    fill_report(admin)
    admin.get_by_test_id("send").click()
    card = admin.get_by_test_id("request").first
    expect(card).to_have_attribute("data-status", "completed", timeout=RUN_TIMEOUT_MS)
    admin.goto("/admin/jobs/asyncrequest/")
    admin.locator("#result_list tbody th a").first.click()
    expect(admin.locator("body")).to_contain_text("generate_report")


def test_the_console_reaches_no_other_socket(browser: Browser, live_stack: LiveStack) -> None:
    page = browser.new_page()  # the fixture ``page`` fails at a breach of the policy
    page.goto(live_stack.http_url)
    refused = page.evaluate(
        """() => new Promise((resolve) => {
            document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
            new WebSocket("ws://127.0.0.1:9/ws/");
        })"""
    )
    page.close()
    assert refused == "connect-src"
