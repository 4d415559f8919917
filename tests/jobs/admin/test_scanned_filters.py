"""Filters on errors, arguments and durations find the right rows of the list, and read a bounded part of it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Status
from tests.jobs.admin.pages import LIST, found, make_request

pytestmark = pytest.mark.django_db


def test_it_works(viewer: Client) -> None:
    now = timezone.now()
    make_request(Status.FAILED, user_id="a", error={"code": "TIMEOUT"}, payload={"format": "pdf", "n": 5})
    make_request(Status.FAILED, user_id="b", error={"code": "WORKER_LOST"}, started_at=now - timedelta(hours=2))
    make_request(Status.PROCESSING, user_id="c", payload={"format": "csv"}, started_at=now - timedelta(minutes=20))
    assert found(viewer, code="TIMEOUT") == {"a"} and found(viewer, code="no such") == set()
    assert found(viewer, argument="format=pdf") == {"a"} == found(viewer, argument="n=5")
    assert found(viewer, longer="600") == {"b", "c"} and found(viewer, longer="3600", action="delay") == {"b"}
    assert found(viewer, longer="600", status="live", argument="format=csv") == {"c"}
    assert found(viewer, code="WORKER_LOST", longer="3600", tenant_id="acme") == {"b"}


def test_an_argument_is_typed_in_and_keeps_the_other_filters(viewer: Client) -> None:
    make_request(payload={"format": "pdf"})
    page = viewer.get(LIST, {"argument": "format=pdf", "status": "live"}).content.decode()
    form = page.partition('placeholder="format=pdf"')[0].rpartition("<form")[2]
    assert 'name="status" value="live"' in form and 'value="format=pdf"' in page and "among the newest 10,000" in page


@pytest.mark.parametrize("wrong", [{"argument": "format"}, {"longer": "long"}, {"longer": "1e400"}, {"longer": "nan"}])
def test_what_cannot_be_meant_finds_nothing_and_no_error(viewer: Client, wrong: dict[str, str]) -> None:
    make_request(payload={"format": "pdf"})
    assert found(viewer, **wrong) == set()


def test_only_the_newest_are_looked_at(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.admin.scanned_filters.SCANNED", 2)
    for number in range(4):
        moment = timezone.now() - timedelta(days=number)
        make_request(user_id=f"user-{number}", payload={"n": 1}, created_at=moment)
    assert found(viewer, argument="n=1") == {"user-0", "user-1"}


def test_every_statement_on_requests_is_bounded(viewer: Client) -> None:
    for number in range(3):
        make_request(Status.FAILED, error={"code": "TIMEOUT"}, payload={"n": number})
    for filters in ({"code": "TIMEOUT"}, {"argument": "n=1"}, {"longer": "1"}, {"action": "delay", "code": "TIMEOUT"}):
        with CaptureQueriesContext(connection) as captured:
            viewer.get(LIST, filters)
        texts = [query["sql"] for query in captured if "jobs_asyncrequest" in query["sql"]]
        assert all("LIMIT" in text or '"id" IN (' in text for text in texts), filters
        # Where a payload or an error is read, the rows are named and come from no subquery.
        reads = [text for text in texts if "->" in text or "JSON_EXTRACT" in text]
        assert all(" IN (SELECT" not in text for text in reads), filters
