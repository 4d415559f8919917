"""A page of the list asks what changed: live rows come back as cells, new ones as a number, at the cost of a page."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from jobs.models import AsyncRequest, Status
from tests.jobs.admin.pages import LIST, make_request, sign_in_staff

pytestmark = pytest.mark.django_db
CHANGES = f"{LIST}changes/"


def ask(client: Client, *rows: AsyncRequest, **parameters: Any) -> dict[str, Any]:
    after = parameters.pop("after", timezone.now())
    ids = ",".join(str(row.id) for row in rows)
    answer = client.get(CHANGES, {"_ids": ids, "_after": after.isoformat(), **parameters})
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
    found: dict[str, Any] = answer.json()
    return found


def test_it_works(viewer: Client) -> None:
    page = viewer.get(LIST)
    assert 'data-url="/admin/jobs/asyncrequest/changes/"' in page.content.decode()
    row = make_request(Status.PROCESSING, percentage=41.7, created_at=timezone.now())
    answer = ask(viewer, row, after=timezone.now() - timedelta(minutes=1))
    assert "Running" in answer["rows"][str(row.id)] and "41 %" in answer["rows"][str(row.id)]
    assert answer["news"] == "1 new request: show"
    assert ask(viewer, row) == {"rows": answer["rows"], "news": ""}


def test_the_cells_are_those_of_the_page(viewer: Client) -> None:
    """Links too, which name the filters that lead back to the list."""
    row = make_request(Status.COMPLETED, created_at=timezone.now() - timedelta(hours=2, minutes=30))
    page = viewer.get(LIST, {"status": "completed"}).content.decode()
    assert ask(viewer, row, status="completed")["rows"][str(row.id)] in page


def test_new_are_those_that_the_filters_let_through(viewer: Client) -> None:
    before = timezone.now() - timedelta(minutes=1)
    for user_id in ("alice", "bob", "bob"):
        make_request(user_id=user_id, created_at=timezone.now())
    assert ask(viewer, after=before)["news"] == "3 new requests: show"
    assert ask(viewer, after=before, q="bob")["news"] == "2 new requests: show"
    assert ask(viewer, after=before, status="failed")["news"] == "" == ask(viewer, after=before, p="2")["news"]


@pytest.mark.parametrize("parameters", [{"_ids": "x"}, {"_ids": "1,2"}, {"no_such": "1"}, {"id__no_such": "1"}])
def test_what_no_page_asks_is_refused(viewer: Client, parameters: dict[str, str]) -> None:
    assert viewer.get(CHANGES, parameters).status_code == 400
    assert viewer.get(CHANGES, {"_after": "2020-99-99T00:00"}).json() == {"rows": {}, "news": ""}


def test_nobody_asks_without_the_permission(client: Client) -> None:
    assert client.get(CHANGES)["Location"].startswith("/admin/login/")
    assert sign_in_staff(client).get(CHANGES).status_code == 403


def test_it_costs_the_same_however_many_rows_there_are(viewer: Client, django_assert_max_num_queries: Any) -> None:
    rows = [make_request(Status.PROCESSING, created_at=timezone.now()) for _ in range(60)]
    statements: list[str] = []

    def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        statements.append(sql if connection.vendor != "sqlite" else _plan(sql, values))
        return execute(sql, values, many, context)

    with django_assert_max_num_queries(30), connection.execute_wrapper(note):
        assert len(ask(viewer, *rows[:50], after=timezone.now() - timedelta(days=1))["rows"]) == 50
    assert len(statements) <= 8
    assert not [text for text in statements if "SCAN jobs_asyncrequest" in text and "USING" not in text]


def _plan(sql: str, values: Any) -> str:
    if not sql.startswith(("SELECT", "WITH")):
        return ""
    steps = connection.connection.execute(f"EXPLAIN QUERY PLAN {sql}".replace("%s", "?"), [*map(str, values or ())])
    return "\n".join(str(step[-1]) for step in steps)
