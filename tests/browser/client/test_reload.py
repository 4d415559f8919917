"""A page that is loaded again in the middle of a report goes on where it was."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.live import LiveStack

pytestmark = [pytest.mark.browser, pytest.mark.acceptance, pytest.mark.timeout(180)]
TIMEOUT_MS = 30_000
# What the page has shown it keeps itself, as a page would that draws again what it had.
PAGE = """<!doctype html><title>Report</title><script type="module">
import { Client } from "/static/streamer/client/streamer-client.js";
import { resumeSession } from "/static/streamer/client/session.js";

const [token, action, payload] = %s;
globalThis.shown = JSON.parse(sessionStorage.getItem("shown") ?? "[]");
const client = new Client("/ws/", { token });
const resumed = resumeSession(client);
globalThis.resumed = resumed.length;
for (const handle of resumed.length ? resumed : [client.submit(action, payload)]) {
  for await (const { type, seq } of handle) {
    if (seq) shown.push([type, seq]);
    sessionStorage.setItem("shown", JSON.stringify(shown));
  }
}
</script>"""


def test_it_goes_on_where_it_was(live_stack: LiveStack, page: Page, token: str, tmp_path: Path) -> None:
    end = tmp_path / "end"
    html = PAGE % json.dumps([token, "zoo_ticks", {"path": str(end)}])

    def answer(route: Route) -> None:
        route.fulfill(body=html, content_type="text/html")

    page.route("**/report.html", answer)
    page.goto("/report.html")
    try:
        for _ in range(3):
            page.wait_for_function("shown.length > 10", timeout=TIMEOUT_MS)
            had = page.evaluate("shown.length")
            page.reload()
            assert page.evaluate("resumed") == 1
            page.wait_for_function(f"shown.length > {had + 10}", timeout=TIMEOUT_MS)
    finally:
        end.touch()
    page.wait_for_function("shown.at(-1)[0] === 'complete'", timeout=TIMEOUT_MS)
    shown = page.evaluate("shown")
    assert [seq for _, seq in shown] == list(range(1, len(shown) + 1))
    assert [kind for kind, _ in shown].count("started") == 1
