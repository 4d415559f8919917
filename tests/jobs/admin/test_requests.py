"""The admin's pages about requests: who sees what, what the verbs do, and that nothing a client sent is trusted."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from jobs.admin.detail.documents import document
from jobs.admin.detail.timeline import MAX_EVENTS
from jobs.admin.formatting import relative
from jobs.log.endings import Ending
from jobs.log.outcomes import CancelledOutcome
from jobs.models import RequestEvent, Status
from tests.jobs.admin.pages import LIST, make_artifact, make_request, page_of, sign_in_staff

pytestmark = pytest.mark.django_db

HOSTILE = "</script></pre><img src=x onerror=alert(1)>"


def test_it_works(viewer: Client) -> None:
    row = make_request(Status.COMPLETED, result={"rows": 7})
    assert str(row.id)[:8] in viewer.get(LIST).content.decode()
    page = viewer.get(page_of(row)).content.decode()
    assert str(row.id) in page and "&quot;rows&quot;: 7" in page


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_page_and_its_word(viewer: Client, status: Status) -> None:
    row = make_request(status, error={"code": "TIMEOUT", "message": "too long"} if status == Status.FAILED else None)
    badge = f'data-kind="{status}" title="">{status.label}</span>'
    for url in (LIST, page_of(row), f"{LIST}{row.id}/live/"):
        assert badge in viewer.get(url).content.decode()


def test_a_result_from_the_cache_says_so_and_leads_to_where_it_is_from(viewer: Client) -> None:
    first = make_request(Status.COMPLETED)
    artifact = make_artifact(first)
    row = make_request(Status.COMPLETED, cached_from=first.id, computed_at=timezone.now(), started_at=None)
    page = viewer.get(page_of(row)).content.decode()
    assert "From cache" in page and page_of(first) in page and artifact.filename in page
    assert "from cache" in viewer.get(LIST).content.decode()


def test_a_running_request_that_was_asked_to_stop_says_so(viewer: Client) -> None:
    row = make_request(Status.PROCESSING, cancel_requested_at=timezone.now())
    assert ">Stopping</span>" in viewer.get(page_of(row)).content.decode()


def test_a_request_whose_receipt_is_made_says_so_and_cannot_be_cancelled(client: Client) -> None:
    operator = sign_in_staff(client, "view_asyncrequest", "change_asyncrequest")
    button, row = 'form="cancel-form"', make_request(Status.PROCESSING)
    assert button in operator.get(page_of(row)).content.decode()
    ending = Ending.of(CancelledOutcome(mode="killed", seconds=1.0))
    page = operator.get(page_of(make_request(**ending.queued()))).content.decode()
    assert ">Ending</span>" in page and "Receipt made until" in page and button not in page


@pytest.mark.parametrize("path", ["", "{id}/change/", "{id}/live/", "{id}/history/"])
def test_nobody_sees_requests_without_the_permission(client: Client, path: str) -> None:
    url = LIST + path.format(id=make_request().id)
    assert client.get(url)["Location"].startswith("/admin/login/")
    assert sign_in_staff(client).get(url).status_code == 403


def test_not_even_a_superuser_edits_adds_or_deletes(admin_client: Client) -> None:
    row = make_request()
    assert admin_client.post(page_of(row), {"status": "completed"}).status_code == 403
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{row.id}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in admin_client.get(LIST).content.decode()


def test_nothing_a_client_sent_becomes_markup(admin_client: Client) -> None:
    names = ("user_id", "tenant_id", "client_id", "message", "worker", "action", "queue")
    texts = dict.fromkeys(names, HOSTILE)
    row = make_request(
        Status.FAILED,
        payload={HOSTILE: [HOSTILE]},
        metadata={"regenerated_from": HOSTILE},
        result=HOSTILE,
        error={"code": HOSTILE, "message": HOSTILE},
        **texts,
    )
    data = {"message": HOSTILE, "percentage": HOSTILE, "metadata": {HOSTILE: HOSTILE}, "mode": HOSTILE}
    RequestEvent.objects.create(request=row, seq=1, type="progress", attempt=1, data=data)
    make_artifact(row, filename=HOSTILE, media_type=HOSTILE)
    for url in (LIST, page_of(row), f"{LIST}{row.id}/live/", "/admin/jobs/artifact/"):
        page = admin_client.get(url).content.decode()
        assert "onerror" in page and "<img src=x" not in page and "</script></pre>" not in page


def test_metadata_of_any_shape_is_shown(viewer: Client) -> None:
    for metadata in ([], "text", None, {"regenerated_from": 7}):
        assert viewer.get(page_of(make_request(metadata=metadata or "none"))).status_code == 200


def test_json_that_no_page_can_be_encoded_with_is_shown_escaped(viewer: Client) -> None:
    page = viewer.get(page_of(make_request(payload={"name": "\ud83d"}))).content.decode()
    assert "\\ud83d" in page


def test_long_json_is_folded_and_enormous_json_is_cut() -> None:
    assert not document("", {"a": 1}).is_long
    assert document("", ["line"] * 20).is_long
    assert not document("", ["line"] * 20, folds=False).is_long
    enormous = document("", "x" * 300_000)
    assert enormous.is_cut and enormous.size == "300,002" and len(enormous.text) == 200_000


def test_the_timeline_shows_the_last_events_and_says_how_many_it_leaves_out(viewer: Client) -> None:
    row = make_request(Status.PROCESSING, attempt=2, last_seq=MAX_EVENTS + 7)
    RequestEvent.objects.bulk_create(
        RequestEvent(request=row, seq=seq, type="progress", attempt=2, data={"percentage": 1.5, "message": f"at {seq}"})
        for seq in range(1, MAX_EVENTS + 8)
    )
    page = viewer.get(page_of(row)).content.decode()
    assert "The 7 earlier events are not shown" in page
    assert "at 7\n" not in page and "at 8\n" in page and f"at {MAX_EVENTS + 7}\n" in page


def test_the_time_of_an_event_counts_from_the_start(viewer: Client) -> None:
    row = make_request(Status.PROCESSING)
    at = row.started_at + timedelta(seconds=61.25)
    RequestEvent.objects.create(request=row, seq=1, type="started", attempt=1, created_at=at)
    assert "+1 min 1 s" in viewer.get(page_of(row)).content.decode()


def test_files_are_listed_with_a_signed_link_until_they_expire(client: Client) -> None:
    sign_in_staff(client, "view_asyncrequest", "view_artifact")
    row = make_request(Status.COMPLETED)
    artifact = make_artifact(row)
    old = make_artifact(row, filename="old.pdf", expires_at=timezone.now() - timedelta(days=1))
    for url in (page_of(row), "/admin/jobs/artifact/"):
        page = client.get(url).content.decode()
        assert f"/api/artifacts/{artifact.id}/?expires=" in page and f"/api/artifacts/{old.id}/" not in page
        assert "2.1 MB" in page and "expired" in page
    assert client.get(f"/admin/jobs/artifact/{artifact.id}/change/").status_code == 200


@pytest.mark.parametrize("may_see", [True, False])
def test_the_connection_is_a_link_for_those_who_may_see_it(client: Client, may_see: bool) -> None:
    sign_in_staff(client, "view_asyncrequest", *(["view_connection"] if may_see else []))
    row = make_request(connection_id=uuid4())
    link = f'href="/admin/realtime/connection/{row.connection_id}/change/"'
    assert (link in client.get(page_of(row)).content.decode()) == may_see


def test_the_number_of_queries_does_not_grow_with_the_rows(viewer: Client, django_assert_max_num_queries: Any) -> None:
    for _ in range(60):
        make_request(Status.COMPLETED, result={"rows": 1})
    with django_assert_max_num_queries(12):
        assert len(viewer.get(LIST).context["cl"].result_list) == 50


def test_a_page_costs_few_queries_whatever_it_shows(viewer: Client, django_assert_max_num_queries: Any) -> None:
    row = make_request(Status.COMPLETED)
    RequestEvent.objects.bulk_create(RequestEvent(request=row, seq=n, type="progress", attempt=1) for n in range(1, 99))
    for _ in range(5):
        make_artifact(row)
    with django_assert_max_num_queries(11):
        assert viewer.get(page_of(row)).status_code == 200


def test_the_list_does_not_load_what_it_does_not_show(viewer: Client) -> None:
    make_request()
    (row,) = viewer.get(LIST).context["cl"].result_list
    assert {"payload", "result", "metadata"} <= row.get_deferred_fields()


def test_only_a_live_page_is_marked_to_refresh_itself(viewer: Client) -> None:
    live, ended = make_request(Status.PROCESSING), make_request(Status.COMPLETED)
    assert 'data-live="true"' in viewer.get(f"{LIST}{live.id}/live/").content.decode()
    assert 'data-live="false"' in viewer.get(f"{LIST}{ended.id}/live/").content.decode()
    assert viewer.get(f"{LIST}00000000-0000-4000-8000-000000000000/live/").status_code == 404


def test_lengths_of_time_read_well() -> None:
    assert relative(timezone.now() - timedelta(minutes=5, seconds=3)) == "5 min ago"
    assert relative(timezone.now() + timedelta(hours=2, seconds=3)) == "in 2 h"


def test_a_completed_request_says_how_many_items_failed(viewer: Client) -> None:
    row = make_request(Status.COMPLETED, failed_items=1200)
    badge = 'data-kind="with_failures" title="">Completed with 1,200 failures</span>'
    for url in (LIST, page_of(row), f"{LIST}{row.id}/live/"):
        assert badge in viewer.get(url).content.decode()


def test_a_request_is_called_by_its_title(viewer: Client) -> None:
    titled = make_request(title="Wait <a little>")
    for url in (LIST, page_of(titled)):
        page = viewer.get(url).content.decode()
        assert "Wait &lt;a little&gt;" in page and "delay" in page
    old = make_request()
    assert '<h1 dir="auto">delay</h1>' in viewer.get(page_of(old)).content.decode()
