"""The sentence on top of a request's page: why it waits, what it does, what came of it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.admin.detail.headline import headline
from jobs.models import Artifact, AsyncRequest, PausedAction, RequestEvent, Status
from tests.jobs.admin.pages import make_request, page_of

pytestmark = pytest.mark.django_db


def shown(client: Client, row: AsyncRequest) -> str:
    page: str = client.get(page_of(row)).content.decode()
    return page


def test_a_waiting_request_says_why_as_its_user_reads_it(viewer: Client) -> None:
    PausedAction.objects.create(action="delay", reason="the warehouse moves", paused_by="olga")
    page = shown(viewer, make_request())
    assert "Its user reads:</span> Paused by an operator." in page
    assert "by olga: the warehouse moves" in page


@pytest.mark.usefixtures("steady_clock")
def test_a_retry_says_when_and_after_what(viewer: Client) -> None:
    error = {"code": "PROCESSING_FAILED", "message": "Away."}
    row = make_request(Status.RETRYING, error=error, available_at=timezone.now() + timedelta(seconds=3_600.9))
    assert "Tries again in 1 h. Away." in shown(viewer, row)


def test_a_long_error_is_whole_below_the_headline_alone(viewer: Client) -> None:
    row = make_request(Status.FAILED, error={"code": "PROCESSING_FAILED", "message": "No row fits. " * 100})
    page = shown(viewer, row)
    [on_top] = re.findall(r'<p class="st-headline"[^>]*>(.*?)</p>', page, re.DOTALL)
    assert on_top.startswith("PROCESSING_FAILED: No row fits.") and len(on_top) == 300 and on_top.endswith("…")
    assert "No row fits. " * 99 in page


def test_a_cancelled_one_says_how(viewer: Client) -> None:
    row = make_request(Status.CANCELLED)
    RequestEvent.objects.create(request=row, seq=1, type="cancelled", attempt=0, data={"mode": "before_start"})
    assert "Cancelled before it started." in shown(viewer, row)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ({"total_items": 1_000, "succeeded": 990, "failed": 10}, "Completed with 10 failures: 990 of 1,000 items done"),
        ({"total_items": 2, "succeeded": 2, "failed": 0, "skipped": 0}, "2 of 2 items done."),
        ({"records": 18_204, "format": "pdf", "url": "/x", "rows": [1]}, "Records 18,204, format pdf."),
        ({"summary": {"rows": 3, "is_exact": True}, "records": []}, "Rows 3, is exact yes."),
        (7, "Result: 7."),
        (None, "Done."),
        ({"total_items": "many"}, "Total items many."),
    ],
)
def test_a_completed_one_says_what_came_of_it(result: Any, text: str) -> None:
    failed_items = result.get("failed", 0) if isinstance(result, dict) else 0
    row = AsyncRequest(
        status=Status.COMPLETED, message="Stored 25.2 of 25.2 kB", result=result, failed_items=failed_items
    )
    assert headline(row, [], "").startswith(text)
    files = [Artifact(size_bytes=400_000), Artifact(size_bytes=82_133)]
    assert headline(row, files, "").endswith("2 files, 482 kB.") and "Stored" not in headline(row, files, "")


def test_a_failed_one_says_why_and_what_was_done_before() -> None:
    error = {"code": "TIMEOUT", "message": "Too long."}
    row = AsyncRequest(status=Status.FAILED, error=error, result={"total_items": 9, "succeeded": 4, "skipped": 5})
    assert headline(row, [], "") == "TIMEOUT: Too long. 4 of 9 items done, 5 skipped."


def test_result_and_error_are_open_and_files_stand_before_slices(viewer: Client) -> None:
    row = make_request(Status.COMPLETED, result={"rows": list(range(100))}, payload={"name": "x", "list": [1]})
    page = shown(viewer, row)
    assert "<details" not in page and "<dt>name</dt><dd>x</dd>" in page.replace("\n", "")
