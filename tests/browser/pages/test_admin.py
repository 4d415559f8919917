"""The admin in a real Chromium, under its content policy: what a page needs it may load, and its widgets work."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from playwright.sync_api import Browser, Page, Route, expect
from rq import Queue
from rq.job import Job

from jobs.metrics.faults.fault import Fault
from streamer_site.away import away_page
from tests.browser.console import RUN_TIMEOUT_MS, fill_report, use_token
from tests.browser.sender import sent_elsewhere
from tests.live import LiveStack

pytestmark = pytest.mark.browser
LISTS = (
    *("jobs/asyncrequest", "jobs/artifact", "jobs/dataset", "jobs/pausedaction", "jobs/dailyusage", "jobs/tenantquota"),
    *("jobs/pausedqueue", "jobs/limitoverride", "jobs/worker", "jobs/operatoract"),
    *("realtime/connection", "realtime/membership", "realtime/webprocess", "auth/user", "auth/group"),
)
RQ = "/admin/django_rq/dashboard/"
RQ_PAGES = ("", "workers/0/", "workers/0/0/", "queues/0/", "queues/0/scheduled/", "queues/0/0/", "queues/0/0/delete/")


@pytest.fixture
def job(live_stack: LiveStack) -> Iterator[Job]:
    """Make a job of RQ's that stays until the test ends."""
    with redis.Redis.from_url(live_stack.redis_url) as server:
        queue = Queue("default", connection=server, serializer="rq.serializers.JSONSerializer")
        job = queue.enqueue_at(datetime.now(UTC) + timedelta(days=1), "operator.pause")
        yield job
        job.delete()


def test_it_works(admin: Page, live_stack: LiveStack, token: str, job: Job) -> None:
    """Visit every page that links lead to. The fixture ``page`` fails at the first breach of the content policy."""
    sent_elsewhere(live_stack, token, "echo_async", {"message": "to have a page"})
    policy = (admin.request.get("/admin/")).headers["content-security-policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy
    waiting, seen = ["/admin/", f"{RQ}queues/0/{job.id}/"], set[str]()
    while waiting:
        path = waiting.pop()
        seen.add(_kind_of(path))
        answer = admin.goto(path)
        assert answer is not None and answer.status == 200, path
        expect(admin.locator("#content")).to_be_visible()
        links = admin.locator("a[href]").evaluate_all("links => links.map((link) => new URL(link.href).pathname)")
        waiting += [link for link in dict.fromkeys(links) if _is_new(link, {*seen, *map(_kind_of, waiting)})]
    assert {f"/admin/{name}/" for name in LISTS} <= seen and "/admin/jobs/asyncrequest/0/change/" in seen
    assert {f"{RQ}{page}" for page in RQ_PAGES} <= seen


def _kind_of(path: str) -> str:
    """Return the path with 0 for the id of a row, and for the number of a queue and the id of a job or worker of RQ."""
    if path.startswith(RQ):
        path = re.sub(r"/\d+/", "/0/", path)
        return re.sub(r"(?<=queues/0/)[0-9a-f-]{36}/|(?<=workers/0/)[^/]+/0/", "0/", path)
    return re.sub(r"(?<=^/admin/)(\w+/\w+)/(?!add/)[^/]+/(?=\w)", r"\1/0/", path)


def _is_new(path: str, seen: set[str]) -> bool:
    # RQ gives its figures as JSON too, and a ring may be gone when its page is asked for.
    is_page = not re.search(r"logout|stats\.json|/metrics|/streamer-ring-", path)
    return path.startswith("/admin/") and is_page and _kind_of(path) not in seen


def test_a_list_changes_without_a_reload_and_announces_what_is_new(
    admin: Page, live_stack: LiveStack, token: str, tmp_path: Path
) -> None:
    end = tmp_path / "end"
    first = sent_elsewhere(live_stack, token, "zoo_until", {"path": str(end)})
    admin.goto("/admin/jobs/asyncrequest/")
    row = admin.locator("#result_list tbody tr", has=admin.locator(f"a[href*='{first}']"))
    try:
        expect(row.locator(".field-state")).to_contain_text("Running", timeout=RUN_TIMEOUT_MS)
        admin.evaluate("window.isTheSamePage = true")
        sent_elsewhere(live_stack, token, "echo_async", {"message": "new"})
        expect(admin.get_by_role("status").get_by_role("link")).to_have_text(re.compile(r"\d+ new requests?: show"))
    finally:
        end.touch()
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


def _database_away(route: Route) -> None:
    text = "The database does not answer: no request is accepted."
    fault = Fault(name="StreamerPartAway", subject="database", text=text, advice="Bring it back.")
    route.fulfill(status=503, content_type="text/html", body=away_page([fault]))


def test_an_overview_says_that_the_database_has_gone_away_and_come_back(admin: Page) -> None:
    verdict = admin.locator("#overview-verdict")
    admin.route("**/admin/", _database_away)
    expect(verdict).to_contain_text("The database does not answer", timeout=30_000)
    expect(admin.locator("#overview-age")).to_contain_text("the server gives no newer figures")
    expect(admin.locator("#overview-tables")).to_be_visible()
    admin.unroute("**/admin/")
    expect(verdict).not_to_contain_text("The database does not answer", timeout=30_000)
    expect(admin.locator("#overview-age")).to_contain_text("refreshed every 5 s")


def test_a_page_that_could_not_be_shown_comes_by_itself(admin: Page) -> None:
    admin.route("**/admin/jobs/worker/", _database_away)
    admin.goto("/admin/jobs/worker/")
    expect(admin.get_by_role("heading", name="The database is away")).to_be_visible()
    admin.unroute("**/admin/jobs/worker/")
    expect(admin.get_by_role("heading", name="Workers")).to_be_visible(timeout=30_000)


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
