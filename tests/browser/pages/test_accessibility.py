"""The pages as axe sees them, on a desk and on a phone, in light and in dark: it finds nothing."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from streamer_site.local.stack import PROJECT_DIR
from tests.browser.console import RUN_TIMEOUT_MS, fill_report, open_detail, send_report, upload, use_token
from tests.browser.peer import Peer, complete, started
from tests.browser.sender import sent_elsewhere
from tests.live import LiveStack

AXE = PROJECT_DIR / "node_modules/axe-core/axe.min.js"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci"),
]
# The frame of a transition would be judged by the colours that it has on the way.
_FIND = """async () => {
  await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})));
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => [id, target, failureSummary]));
}"""
WIDTHS = (1280, 390)
_TALLY = {"records": 7, "total_value": 1400.5, "average_value": 200.07}
REPORT: dict[str, Any] = {
    "records": 14,
    "notes": ["The last month is not complete."],
    "format": "csv",
    "stats": {
        **_TALLY,
        "top_category": "Books",
        "by_period": [{"period": f"2025-0{month}", **_TALLY} for month in (1, 2, 3)],
        "by_region": [{"region": region, **_TALLY} for region in ("North", "South")],
    },
}


FAULT = """<ul class="st-faults"><li data-kind="KIND">
<p class="st-fault"><strong>It fails.</strong> <span class="st-since">began 3 min ago</span></p>
<p class="st-advice">Pause it: <code>manage.py streamer_pause x</code>.</p>
<p class="st-links"><a href="#overview">Its requests</a></p></li></ul>"""


def faults(page: Page) -> list[Any]:
    found = []
    page.evaluate(AXE.read_text())
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found += [(width, scheme, *fault) for fault in page.evaluate(_FIND)]
    page.set_viewport_size({"width": WIDTHS[0], "height": 800})
    return found


def test_sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_test_id("signin-submit").click()
    expect(page.get_by_test_id("signin-error")).to_be_visible()
    assert faults(page) == []


def test_first_screen_and_a_form(page: Page, token: str) -> None:
    use_token(page, token)
    assert faults(page) == []
    fill_report(page, end="")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("fault-end_date")).to_be_visible()
    assert faults(page) == []


def test_finished_request(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    card = send_report(page)
    peer.say(started())
    peer.say(complete(2, result=REPORT))
    detail = open_detail(card)
    expect(detail.get_by_test_id("chart").locator("svg")).to_have_count(2)
    detail.get_by_text("As a table").first.click()
    assert faults(page) == []


def test_datasets(page: Page, token: str) -> None:
    use_token(page, token)
    said = upload(page, "Orders.csv", b"town,amount\nOslo,1\nTurku,2\n")
    expect(said).to_have_attribute("data-state", "done", timeout=RUN_TIMEOUT_MS)
    expect(page.get_by_test_id("dataset-page").get_by_test_id("sample")).to_be_visible()
    assert faults(page) == []


def test_wire_inspector(page: Page, token: str) -> None:
    use_token(page, token)
    page.get_by_test_id("wire-toggle").click()
    page.get_by_test_id("frame").first.click()
    assert faults(page) == []


def test_page_about_the_api(page: Page) -> None:
    page.goto("/api/docs/#action-generate_report")
    page.wait_for_selector("body[data-ready]")
    assert faults(page) == []


@pytest.mark.parametrize("kind", ["failed", "retrying"])
def test_overview_with_a_fault(admin: Page, kind: str) -> None:
    expect(admin.locator("#overview-verdict")).to_be_visible()
    admin.route("**/admin/", lambda route: route.abort())  # a refresh would take the fault away
    admin.locator("#overview-verdict").evaluate(
        "(verdict, [kind, fault]) => { verdict.dataset.kind = kind; verdict.insertAdjacentHTML('beforeend', fault); }",
        [kind, FAULT.replace("KIND", kind)],
    )
    assert faults(admin) == []


def test_list_and_page_of_requests(admin: Page, live_stack: LiveStack, token: str) -> None:
    request_id = sent_elsewhere(live_stack, token, "echo_async", {"message": "to have a page"})
    admin.goto("/admin/jobs/asyncrequest/")
    assert faults(admin) == []
    admin.goto(f"/admin/jobs/asyncrequest/{request_id}/change/")
    assert faults(admin) == []
