"""Filters, search and days of the admin's lists find the right rows, and a list ends before it is counted out."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from jobs.admin.filters import distinct_values
from jobs.admin.listing.pages import CappedPaginator
from jobs.models import AsyncRequest, Status
from jobs.requests.storing import index_tags
from tests.jobs.admin.pages import LIST, found, make_request, page_of

pytestmark = pytest.mark.django_db


def test_filters_and_search_find_the_right_ones(viewer: Client) -> None:
    make_request(Status.FAILED, user_id="a", error={"code": "WORKER_LOST", "message": "gone"}, queue="ml")
    second = make_request(Status.RETRYING, user_id="b", client_id="invoice-7", tenant_id="globex", action="echo_async")
    make_request(Status.PROCESSING, user_id="c", created_at=timezone.now() - timedelta(days=3), queue="ml")
    assert found(viewer, q="worker_lost") == {"a"} == found(viewer, status="failed")
    for query in ("invoice-7", "globex", " b ", str(second.id), str(second.id)[:8], second.id.hex[:20].upper()):
        assert found(viewer, q=query) == {"b"}
    assert found(viewer, status="waiting") == {"b"} == found(viewer, tenant_id="globex", action="echo_async")
    assert found(viewer, status="live") == {"b", "c"} and found(viewer, created="24h") == {"a", "b"}
    assert found(viewer, queue="ml") == {"c"}
    make_request(Status.COMPLETED, user_id="d", failed_items=2)
    make_request(Status.COMPLETED, user_id="e")
    assert found(viewer, status="with_failures") == {"d"} and found(viewer, status="completed") == {"d", "e"}
    assert found(viewer, status="no such status", tenant_id="nobody") == set()


@pytest.mark.parametrize("query", ["invoice", "nobody", "x" * 5_000, "0" * 8, "echo", "%", "WORKER_LOST"])
def test_a_search_for_what_is_not_there_finds_nothing(viewer: Client, query: str) -> None:
    make_request(client_id="invoice-7")
    assert found(viewer, q=query) == set()


def test_a_user_whose_name_looks_like_an_id_is_found(viewer: Client) -> None:
    row = make_request(user_id="alice")
    make_request(user_id=row.id.hex[:8])
    assert found(viewer, q=row.id.hex[:8]) == {row.id.hex[:8]} and found(viewer, q=row.id.hex[:9]) == {"alice"}


@pytest.mark.usefixtures("midday")
def test_a_day_is_chosen_from_the_last_ones_or_typed_in(viewer: Client) -> None:
    today, long_ago = timezone.localdate(), datetime(2020, 2, 29, 23, 59, 59, tzinfo=UTC)
    make_request(user_id="a", created_at=timezone.now())
    make_request(user_id="b", created_at=long_ago)
    assert found(viewer, day=today.isoformat()) == {"a"} and found(viewer, day="2020-02-29") == {"b"}
    for day in ("2020-03-01", "2020-02-28"):
        assert found(viewer, day=day) == set()
    for day in ("yesterday", "2020-02-30", "9999-12-31"):
        assert found(viewer, day=day) == {"a", "b"}
    page = viewer.get(LIST, {"day": "2020-02-29", "tenant_id": "acme", "q": "b"}).content.decode()
    assert 'name="day" value="2020-02-29"' in page
    for kept in ('name="tenant_id" value="acme"', 'name="q" value="b"'):
        assert f'<input type="hidden" {kept}>' in page.partition('class="st-day"')[2]
    assert f"day={today.isoformat()}" in page


def test_a_tag_is_typed_in(viewer: Client) -> None:
    tagged = make_request(user_id="a", tags=["nightly", "<b>"])
    index_tags([tagged.id, make_request(user_id="b", tags=["daily"], tenant_id="other").id])
    assert found(viewer, tag="nightly") == {"a"} and found(viewer, tag="daily") == {"b"}
    assert found(viewer, tag="daily", tenant_id="acme") == set() == found(viewer, tag="night")
    assert found(viewer, tag="nightly", status="live") == {"a"}
    page = viewer.get(LIST, {"tag": "nightly", "status": "live"}).content.decode()
    assert 'name="tag" value="nightly"' in page and '<input type="hidden" name="status" value="live">' in page
    assert "nightly, &lt;b&gt;" in viewer.get(page_of(tagged)).content.decode()


def test_a_long_list_leads_to_the_newest_and_says_so(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.admin.listing.pages.MAX_LISTED", 60)
    monkeypatch.setattr(CappedPaginator, "max_listed", 60)
    for number in range(61):
        make_request(user_id=f"user-{number}", created_at=timezone.now() - timedelta(days=number))
    page = viewer.get(LIST, {"p": 2})
    assert len(page.context["cl"].result_list) == 10 and "more than 60" in page.content.decode()
    assert "more than" not in viewer.get(LIST, {"created": "7d"}).content.decode()


def test_the_first_tenants_are_listed_in_order() -> None:
    for tenant_id in ("b", "a", "c", "b"):
        make_request(tenant_id=tenant_id)
    assert distinct_values(AsyncRequest, "tenant_id", 5) == ["a", "b", "c"]
    assert distinct_values(AsyncRequest, "tenant_id", 2) == ["a", "b"]
    AsyncRequest.objects.all().delete()
    assert distinct_values(AsyncRequest, "tenant_id", 2) == []


def test_all_rows_are_offered_only_where_some_were_left_out(viewer: Client) -> None:
    make_request(user_id="a")
    assert "Show all" not in viewer.get(LIST).content.decode()
    for narrowed in ({"q": "a"}, {"status": "failed"}):
        assert "Show all" in viewer.get(LIST, narrowed).content.decode()


def test_the_few_that_completed_with_failures_are_found_by_an_index_of_their_own(viewer: Client) -> None:
    make_request(Status.COMPLETED, failed_items=2)
    rows = viewer.get(LIST, {"status": "with_failures"}).context["cl"].queryset
    if connection.vendor == "sqlite":
        assert "ended_with_failures" in rows.explain()
