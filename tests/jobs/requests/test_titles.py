"""The title of a request from its submission to every place that shows it."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.bulk.shares import invite
from jobs.handler import Context, Handler, NoPayload
from jobs.models import AsyncRequest
from jobs.requests.cancellation import request_cancel
from jobs.requests.python_api.submission import submit
from jobs.requests.reads import snapshot
from jobs.requests.retrying import retry
from jobs.requests.submission import Accepted, submit_many
from jobs.testing.stack import InProcessStack
from tests.jobs.building import make_submission, row_of, run_next, store
from tests.jobs.bulk.building import ECHO, echoes, submit_bulk

pytestmark = pytest.mark.django_db(transaction=True)
ALICE: Any = {"user_id": "alice", "tenant_id": "acme"}


class _Broken(Handler[NoPayload]):
    action = "test_broken_title"
    estimated_seconds = 6.0

    def title(self, payload: NoPayload) -> str:
        return str(AsyncRequest.objects.count())

    def run(self, payload: NoPayload, context: Context) -> dict[str, Any]:
        return {}


def test_it_works() -> None:
    handle = submit("delay", {"seconds": 1, "steps": 2}, **ALICE)
    title = "Delay · seconds 1 · steps 2"
    assert row_of(handle.id).title == title == handle.state().title
    assert snapshot(row_of(handle.id))["title"] == title


def test_a_title_that_fails_costs_neither_the_request_nor_a_query(streamer: InProcessStack) -> None:
    def submitted(action: type[Handler[Any]] | str) -> int:
        with CaptureQueriesContext(connection) as queries:
            streamer.submit(action)
        return len(queries)

    usual = submitted("zoo_permanent")
    # The one that was refused is noted, but reached no database.
    assert submitted(_Broken) == usual + 1
    assert set(AsyncRequest.objects.values_list("title", flat=True)) == {"Zoo permanent", "Test broken title"}


def test_a_repeated_request_is_told_by_the_title_that_was_stored() -> None:
    store(make_submission(client_id="one", title="First"))
    (again,) = submit_many([make_submission(client_id="one", title="Second")])
    assert isinstance(again, Accepted) and again.duplicate and again.title == "First"


def test_a_request_that_is_done_again_keeps_its_title() -> None:
    old = store(make_submission(title="Mine"))
    request_cancel(old)
    assert row_of(retry(old)).title == "Mine"


def test_shares_are_named_after_their_bulk() -> None:
    bulk = submit_bulk(ECHO, echoes(2))
    AsyncRequest.objects.filter(id=bulk).update(title="Bulk · echo · 2 items")
    invite(bulk, {"operation": ECHO, "on_error": "continue"}, 1)
    assert AsyncRequest.objects.get(parent_id=bulk).title == "Share · Bulk · echo · 2 items"


def test_a_large_result_is_a_file_named_after_the_request() -> None:
    store(make_submission("zoo_big_result", title="Numbers · Jan–Dec 2025 / ☃"))
    assert run_next().result["filename"] == "Numbers-Jan-Dec-2025.json"


def test_a_request_of_before_there_were_titles_is_called_by_its_action() -> None:
    """Processes of the version before insert rows without the new columns while the service is upgraded."""
    request_id = store(make_submission(title="New"))
    names = [
        one.column for one in AsyncRequest._meta.concrete_fields if one.name not in ("id", "title", "failed_items")
    ]
    columns = ", ".join(map(connection.ops.quote_name, names))
    table = AsyncRequest._meta.db_table
    with connection.cursor() as cursor:
        old_id = AsyncRequest._meta.pk.get_db_prep_value(apps.get_model("jobs", "AsyncRequest")().id, connection)
        cursor.execute(f"INSERT INTO {table} (id, {columns}) SELECT %s, {columns} FROM {table}", [old_id])
    old = AsyncRequest.objects.exclude(id=request_id).get()
    assert (old.title, old.failed_items, old.name) == ("", 0, "zoo_count")
    assert (snapshot(old)["title"], "failed_items" in snapshot(old)) == ("", False)
    assert run_next().status == "completed"
