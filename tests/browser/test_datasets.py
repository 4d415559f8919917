"""Datasets in the console: brought, looked at, used and deleted by a person with a mouse or a keyboard."""

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.console import RUN_TIMEOUT_MS, fill_report, open_detail, upload, use_token
from tests.browser.peer import Peer
from tests.live import LiveStack

pytestmark = pytest.mark.browser

CSV = b"town,amount\n" + b"".join(f"{town},{n}\n".encode() for n in range(1, 51) for town in ("Oslo", "Turku"))


@pytest.fixture
def token(live_stack: LiveStack, request: pytest.FixtureRequest) -> str:
    """Make a token for a tenant of this test's own, so that no test sees the datasets of another."""
    return live_stack.token(tenant=request.node.name)


def dataset(page: Page, name: str) -> Locator:
    return page.locator(f"[data-testid=dataset][data-name='{name}']")


def test_it_works(page: Page, token: str) -> None:
    """Upload a file and see the first rows of its dataset."""
    use_token(page, token)
    said = upload(page, "Orders 2025.csv", CSV)
    expect(said).to_have_attribute("data-state", "done", timeout=RUN_TIMEOUT_MS)
    expect(said).to_contain_text("Stored as orders_2025: 100 rows.")
    expect(dataset(page, "orders_2025")).to_contain_text("100 rows · 2 columns")
    expect(page.get_by_test_id("quota")).to_contain_text("used of 10 GB")
    described = page.get_by_test_id("dataset-page")
    expect(described.get_by_test_id("columns")).to_contain_text("amountwhole numbernone")
    expect(described.get_by_test_id("sample").locator("tbody tr")).to_have_count(20)

    page.get_by_test_id("dataset-use").click()
    expect(page.locator("#field-data_source-dataset_id")).to_have_value("orders_2025")
    page.locator("#field-pipeline").select_option(label="Transform rows")
    page.locator("#field-options-operations-add").click()
    page.locator("#field-options-operations-0-kind").select_option(label="Group and summarise")
    figure = "#field-options-operations-0-aggregations-0"
    page.locator("#field-options-operations-0-group_by-add").click()
    page.locator("#field-options-operations-0-group_by-0").fill("town")
    page.locator(f"{figure}-function").select_option(label="Sum")
    page.locator(f"{figure}-column").fill("price")
    expect(page.locator("[data-testid=form] .fault:visible")).to_contain_text("no column 'price'")
    page.locator(f"{figure}-column").fill("amount")
    rows = page.get_by_test_id("preview").locator("tbody tr")
    expect(rows).to_have_text(["Oslo1275", "Turku1275"])
    page.get_by_test_id("send").click()
    card = page.get_by_test_id("request").first
    expect(card).to_have_attribute("data-status", "completed", timeout=RUN_TIMEOUT_MS)
    expect(card.get_by_test_id("download")).to_contain_text("orders-2025-transformed.json")
    records = open_detail(card).get_by_test_id("records")
    expect(records.locator("tbody tr")).to_have_text(["Oslo1275", "Turku1275"])


def test_outcome_is_kept_as_a_dataset(page: Page, token: str) -> None:
    use_token(page, token)
    upload(page, "Orders.csv", CSV)
    page.get_by_test_id("dataset-use").click()
    page.locator("#field-pipeline").select_option(label="Transform rows")
    page.locator("#field-options-operations-add").click()
    page.locator("#field-options-operations-0-kind").select_option(label="Keep the first rows")
    page.locator("#field-options-operations-0-rows").fill("7")
    page.get_by_text("File and dataset of the outcome").click()
    page.get_by_text("Keep as a dataset").click()
    page.locator("#field-output-destination-dataset").fill("first orders")
    page.get_by_test_id("send").click()
    expect(page.locator("#field-output-destination-dataset")).to_have_attribute("aria-invalid", "true")
    page.locator("#field-output-destination-dataset").fill("first_orders")
    page.get_by_test_id("send").click()
    card = page.get_by_test_id("request").first
    expect(card).to_have_attribute("data-status", "completed", timeout=RUN_TIMEOUT_MS)
    page.get_by_test_id("tab-datasets").click()
    expect(dataset(page, "first_orders")).to_contain_text("7 rows · 2 columns")


def test_report_over_a_dataset(page: Page, token: str) -> None:
    use_token(page, token)
    rows = "".join(f"2025-01-{day:02},{day},Oslo\n" for day in range(1, 11))
    said = upload(page, "Sales.csv", f"day,amount,town\n{rows}".encode())
    expect(said).to_have_attribute("data-state", "done", timeout=RUN_TIMEOUT_MS)
    page.get_by_test_id("tab-requests").click()
    fill_report(page, end="2025-01-31")
    page.get_by_text("Other data").click()
    page.locator("[data-testid=field-dataset] summary").click()
    for name, value in {"dataset_id": "sales", "date": "day", "value": "amount", "category": "town"}.items():
        page.locator(f"#field-dataset-{name}").fill(value)
    page.locator("#field-dataset-value").click()
    expect(page.locator("#field-dataset-value-list").get_by_role("option")).to_have_count(3)
    page.get_by_test_id("send").click()
    card = page.get_by_test_id("request").first
    expect(card).to_have_attribute("data-status", "completed", timeout=RUN_TIMEOUT_MS)
    expect(card.get_by_test_id("download")).to_contain_text("sales-report-2025-01.pdf")


def test_keyboard(page: Page, token: str) -> None:
    use_token(page, token)
    upload(page, "a.csv", CSV)
    expect(page.get_by_test_id("columns")).to_contain_text("town", timeout=RUN_TIMEOUT_MS)
    dataset(page, "a").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("columns")).to_contain_text("order_id")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("columns")).to_contain_text("town")
    page.get_by_test_id("dataset-delete").press("Enter")
    expect(page.get_by_test_id("confirm-no")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("confirm")).to_have_count(0)
    expect(dataset(page, "a")).to_be_visible()
    page.get_by_test_id("dataset-delete").press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dataset(page, "a")).to_have_count(0)
    expect(dataset(page, "sample")).to_be_focused()
    expect(page.get_by_test_id("no-datasets")).to_be_visible()


def test_fault_in_a_file_is_told_with_its_line(page: Page, token: str) -> None:
    use_token(page, token)
    said = upload(page, "odd.csv", b"a,b\n1,2\n1,2,3\n")
    expect(said).to_have_attribute("data-state", "failed", timeout=RUN_TIMEOUT_MS)
    expect(said.get_by_test_id("upload-fault")).to_contain_text("line 3 has 3 fields")
    expect(page.get_by_test_id("no-datasets")).to_be_visible()
    said.get_by_test_id("upload-dismiss").click()
    expect(said).to_have_count(0)


def test_dropped_file(page: Page, token: str) -> None:
    use_token(page, token)
    page.get_by_test_id("tab-datasets").click()
    page.get_by_test_id("dataset-list").evaluate(
        """node => {
            const data = new DataTransfer();
            data.items.add(new File(["a,b\\n1,2\\n"], "dropped.csv"));
            for (const type of ["dragenter", "dragover", "drop"])
                node.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: data}));
        }"""
    )
    expect(dataset(page, "dropped")).to_be_visible(timeout=RUN_TIMEOUT_MS)


def test_file_over_the_limit_is_not_sent(page: Page, token: str) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    listed = {"datasets": [], "next_cursor": None, "used_bytes": 0, "quota_bytes": 10_000, "upload_bytes": 100}
    page.route("**/api/datasets/", lambda route: route.fulfill(json=listed))
    use_token(page, token)
    page.get_by_test_id("tab-datasets").click()
    expect(page.get_by_text("Up to 100 B each.")).to_be_visible()
    expect(upload(page, "large.csv", CSV).get_by_test_id("upload-fault")).to_contain_text(
        "an upload may have at most 100 B"
    )
    assert sent == []


def test_upload_that_is_cut_off_can_be_tried_again(page: Page, token: str) -> None:
    use_token(page, token)
    cuts = [True]

    def cut_once(route: Route) -> None:
        if route.request.method == "POST" and cuts:
            cuts.pop()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/datasets/", cut_once)
    said = upload(page, "a.csv", CSV)
    expect(said.get_by_test_id("upload-fault")).to_contain_text("The upload was cut off")
    said.get_by_test_id("upload-again").click()
    expect(said).to_have_attribute("data-state", "done", timeout=RUN_TIMEOUT_MS)


def test_upload_that_is_stopped(page: Page, token: str) -> None:
    use_token(page, token)
    held: list[Route] = []
    page.route(
        "**/api/datasets/", lambda route: held.append(route) if route.request.method == "POST" else route.continue_()
    )
    said = upload(page, "a.csv", CSV)
    said.get_by_test_id("upload-stop").click()
    expect(said).to_have_attribute("data-state", "stopped")
    expect(said).to_contain_text("Nothing of it was stored.")
    expect(page.get_by_test_id("no-datasets")).to_be_visible()


def test_list_that_cannot_be_read(page: Page, token: str) -> None:
    use_token(page, token)
    page.route("**/api/datasets/", lambda route: route.abort())
    page.get_by_test_id("tab-datasets").click()
    alert = page.locator("#datasets").get_by_role("alert").filter(has_text="cannot be reached")
    expect(alert).to_be_visible()
    page.unroute("**/api/datasets/")
    alert.get_by_role("button").click()
    expect(dataset(page, "sample")).to_be_visible()


def test_names_and_cells_are_never_markup(page: Page, token: str) -> None:
    use_token(page, token)
    evil = "<img src=x onerror=alert(1)>"
    said = upload(page, f"{evil}.csv", f"{evil},b\n{evil},<script>alert(2)</script>\n".encode())
    expect(said).to_contain_text(evil)
    expect(said).to_have_attribute("data-state", "done", timeout=RUN_TIMEOUT_MS)
    expect(page.get_by_test_id("sample")).to_contain_text("<script>alert(2)</script>")
    assert page.locator("main img, main script").count() == 0


def test_without_the_permission_there_is_no_upload(page: Page, live_stack: LiveStack) -> None:
    use_token(page, live_stack.token(permissions=["datasets.read"]))
    page.get_by_test_id("tab-datasets").click()
    dataset(page, "sample").click()
    expect(page.get_by_test_id("columns")).to_be_visible()
    expect(page.locator(".dropzone")).to_be_hidden()
    expect(page.get_by_test_id("dataset-use")).to_be_hidden()
    expect(page.get_by_test_id("dataset-delete")).to_be_hidden()


def test_end_of_the_session_closes_what_is_open(page: Page, peer: Peer, token: str) -> None:
    use_token(page, token)
    expect(upload(page, "a.csv", CSV)).to_have_attribute("data-state", "done", timeout=RUN_TIMEOUT_MS)
    page.get_by_test_id("dataset-delete").click()
    expect(page.get_by_test_id("confirm")).to_be_visible()
    peer.close(4501)
    expect(page.get_by_test_id("signin-error")).to_contain_text("revoked")
    expect(page.get_by_test_id("confirm")).to_have_count(0)
    expect(page.get_by_test_id("upload")).to_have_count(0)


def test_phone(page: Page, token: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    use_token(page, token)
    page.get_by_test_id("tab-datasets").click()
    dataset(page, "sample").click()
    expect(page.get_by_test_id("sample")).to_be_visible()
    expect(page.get_by_test_id("dataset-list")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="All datasets").click()
    expect(dataset(page, "sample")).to_be_focused()
