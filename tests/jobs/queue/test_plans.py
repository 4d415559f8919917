"""The statements of a claim, a submission and a ring, which must read no finished request, however many there are."""

import itertools
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from jobs.models import AsyncRequest, Status
from jobs.queue.claims import claim_next, waiting
from jobs.queue.endings import claim_ending
from jobs.queue.waits import waits_of, why_waiting
from jobs.requests.reads import Wanted, list_page, owned_by
from jobs.requests.storing import index_tags
from jobs.requests.submission import submit_many
from jobs.sweeper.rules import ring_again
from tests.jobs.building import QUEUES, make_submission, row_of, store

pytestmark = pytest.mark.django_db(transaction=True)
FINISHED = 3_000
# A claim reads the last runs that ended; every other read is of what waits or runs.
MAX_READ = 200
_BY_STATUS = {"waiting_by_tenant", "waiting_by_user", "running_requests"}
_BY_KEY = {
    "sqlite_autoindex_jobs_asyncrequest_1",
    "one_request_per_client_id",
    "sqlite_autoindex_jobs_pausedaction_1",
    "sqlite_autoindex_jobs_pausedqueue_1",
} | {"sqlite_autoindex_jobs_tenantquota_1"}
INDEXES = _BY_STATUS | _BY_KEY | {"finished_requests", "bytes_of_tenant", "limited_starts"}
_LISTS = {"tagged_of_user", "tagged_of_tenant"}
_TABLES = re.compile(r"SCAN (jobs_(?!paused|limitoverride)\w+|U\d+|[ehrw])\b(?! USING INDEX finished_requests)")


def store_history() -> None:
    """Store many finished requests of Alice's, and a few that wait and run."""
    now = timezone.now()
    AsyncRequest.objects.bulk_create(
        [
            AsyncRequest(
                tenant_id="acme",
                user_id="alice",
                client_id=f"old {number}",
                action="zoo_count",
                queue="default",
                status=Status.COMPLETED,
                attempt=1,
                created_at=now - timedelta(seconds=number),
                attempt_started_at=now - timedelta(seconds=number),
                finished_at=now - timedelta(seconds=number),
            )
            for number in range(FINISHED)
        ]
    )
    submit_many([make_submission(tenant=tenant) for tenant in ("acme", "acme", "acme", "other")])
    claim_next(QUEUES, worker="w")
    _analyze()


def submit_with_ids() -> None:
    submit_many([make_submission(client_id=f"new {number}") for number in range(20)])


def tell_waits() -> None:
    (request_id,) = AsyncRequest.objects.filter(status=Status.PENDING).values_list("id", flat=True)[:1]
    assert waits_of([request_id]) and why_waiting(row_of(request_id))


def poll_in_vain() -> None:
    assert claim_next(["ml"], worker="w") is None and claim_ending(["ml"], worker="w") is None


WORKS: tuple[Callable[[], object], ...] = (
    poll_in_vain,
    lambda: claim_next(QUEUES, worker="w"),
    lambda: store(make_submission()),
    submit_with_ids,
    tell_waits,
    lambda: ring_again(timezone.now() + timedelta(minutes=1)),
    lambda: list(waiting(QUEUES, timezone.now()).order_by().values_list("queue", flat=True)[:50]),
)


def test_no_finished_request_is_read() -> None:
    store_history()
    for work in WORKS:
        statements = statements_of(work)
        assert statements
        for sql, values in statements:
            check_plan(sql, values)


def test_a_list_by_a_tag_reads_the_requests_that_have_it() -> None:
    """A user's newest with a tag that few of thousands have, and of a tag that all have one page."""
    store_history()
    rows = AsyncRequest.objects.filter(status=Status.COMPLETED).order_by("-created_at")
    AsyncRequest.objects.filter(id__in=rows.values("id")).update(tags=["all"])
    index_tags(list(rows.values_list("id", flat=True)))
    few = list(rows.values_list("id", flat=True)[:FINISHED:300])
    AsyncRequest.objects.filter(id__in=few).update(tags=["all", "few"])
    index_tags(few)
    _analyze()
    alice, acme = owned_by("acme", "alice"), Q(tenant_id="acme")
    for tag, (owner, status) in itertools.product(
        ("few", "all"), ((alice, None), (alice, "completed"), (acme, None), (acme, "completed"))
    ):
        for sql, values in statements_of(partial(list_page, owner, Wanted(tag=tag, status=status), limit=50)):
            check_plan(sql, values, {*INDEXES, *_LISTS})


def _analyze() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def statements_of(work: Callable[[], object]) -> list[tuple[str, Any]]:
    statements: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, values: Any, many: bool, context: Mapping[str, Any]) -> Any:
        if sql.startswith(("SELECT", "WITH", "UPDATE")) and not many:
            statements.append((sql, values))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        work()
    return statements


def check_plan(sql: str, values: Any, allowed: Collection[str] = INDEXES) -> None:
    with connection.cursor() as cursor, transaction.atomic():
        if connection.vendor == "postgresql":
            # A table as small as this one may be read whole though an index would serve.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values)
            (found,) = cursor.fetchone()
            plan = found if isinstance(found, list) else json.loads(found)
            for node in _nodes(plan[0]["Plan"]):
                read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
                assert read <= MAX_READ or "Relation Name" not in node, (sql, node)
            transaction.set_rollback(True)
            return
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        steps = [step for *_, step in cursor.fetchall()]
    used = {name for step in steps for name in re.findall(r"USING (?:COVERING )?INDEX (\w+)", step)}
    assert used <= {*allowed}, (sql, steps)
    assert not [step for step in steps if _TABLES.search(step)], (sql, steps)


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)
