"""A selection finds what it says, can be stored, and is walked through in parts that leave nothing out."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import FINAL, LIVE, Status
from jobs.operations.selection import SCANNED, Selection, read_argument
from jobs.requests.storing import index_tags
from tests.jobs.admin.pages import make_request

pytestmark = pytest.mark.django_db


def found(**conditions: Any) -> set[str]:
    return {row.user_id for row in Selection(**conditions).newest(50)}


def test_it_works() -> None:
    make_request(Status.FAILED, user_id="a", error={"code": "TIMEOUT", "message": "late"}, payload={"format": "pdf"})
    make_request(Status.RETRYING, user_id="b", tenant_id="globex", action="echo_async", queue="ml", client_id="7")
    tagged = make_request(Status.COMPLETED, user_id="c", tags=["nightly"], failed_items=1)
    index_tags([tagged.id])
    assert found() == {"a", "b", "c"} and found(status="live") == found(status="waiting") == {"b"}
    assert found(status="with_failures") == {"c"} == found(tag="nightly") and found(tag="nightly", tenant="x") == set()
    assert found(tenant="globex") == found(action="echo_async") == found(queue="ml") == found(client_id="7") == {"b"}
    assert found(code="TIMEOUT") == found(user="a") == found(argument="format=pdf") == {"a"}
    assert found(ids=[tagged.id]) == {"c"} and found(ids=[]) == set()


def test_times_and_durations() -> None:
    now = timezone.now()
    make_request(Status.COMPLETED, user_id="quick", started_at=now - timedelta(seconds=11))
    make_request(Status.COMPLETED, user_id="slow", started_at=now - timedelta(hours=1))
    make_request(Status.PROCESSING, user_id="runs", started_at=now - timedelta(minutes=10))
    make_request(user_id="waits", created_at=now - timedelta(days=3))
    assert found(longer=60) == {"slow", "runs"} and found(longer=1800) == {"slow"}
    assert found(since=now - timedelta(days=1)) == {"quick", "slow", "runs"}
    assert found(until=now - timedelta(days=1)) == {"waits"}
    assert found(ended_since=now - timedelta(minutes=1)) == {"quick", "slow"}


@pytest.mark.parametrize(
    ("argument", "meets"),
    [
        ("format=pdf", True),
        ("limit=5", True),
        ("limit=5.0", True),
        ("limit=6", False),
        ("deep.er=x y", True),
        ("deep=x", False),
        ("is_new=true", True),
        ("code=007", True),
        ("code=7", False),
        ("contains=a", True),
        ("none=null", True),
        ("missing=null", False),
        ("format=", False),
    ],
)
def test_arguments_are_texts_or_what_json_makes_of_them(argument: str, meets: bool) -> None:
    payload = {"format": "pdf", "limit": 5, "deep": {"er": "x y"}, "is_new": True, "code": "007", "none": None}
    make_request(payload={**payload, "contains": "a"})
    assert bool(found(argument=argument)) is meets


@pytest.mark.parametrize("argument", ["format", "=pdf", "a..b=1", "a=\x00"])
def test_what_is_no_argument_is_refused(argument: str) -> None:
    with pytest.raises(ValueError, match="no argument"):
        read_argument(argument)


def test_a_selection_comes_back_from_json_as_it_was() -> None:
    now = timezone.now()
    ids = [make_request().id, make_request().id]
    for one in (Selection(status="failed", since=now, until=now, longer=2.5, argument="a=b"), Selection(ids=ids)):
        assert Selection.of_json(one.as_json()) == one


@pytest.mark.parametrize(
    "stored",
    [
        *([], None, {"nonsense": 1}, {"since": "soon"}, {"status": 5}, {"ids": "x"}, {"ids": ["x"]}, {"longer": "5"}),
        # What no database, no clock and no other condition can be compared with.
        *({"longer": number} for number in (float("inf"), float("nan"), -1, 1e300, True)),
        *({"until": moment} for moment in ("2026-05-01T10:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z")),
        *({"tenant": text} for text in ("a\x00b", "\ud800")),
        *({"status": "nonsense"}, {"argument": "nonsense"}, {"ids": ["x"] * (SCANNED + 1)}),
    ],
)
def test_what_is_misread_selects_nothing_instead_of_more(stored: Any) -> None:
    with pytest.raises(ValueError):  # the texts differ
        Selection.of_json(stored)


def test_a_walk_reaches_each_once_whatever_its_status_and_moment() -> None:
    same = timezone.now() - timedelta(hours=1)
    rows = [make_request(status, created_at=same) for status in Status for _ in range(3)]
    rows += [make_request(status) for status in Status]
    reached = [one for page in Selection().pages(tuple(Status), size=4) for one in page.ids]
    assert len(reached) == len(rows) and set(reached) == {row.id for row in rows}
    ended = [one for page in Selection().pages(FINAL, size=4) for one in page.ids]
    assert set(ended) == {row.id for row in rows if row.is_final}


def test_shares_of_bulks_are_left_out() -> None:
    bulk = make_request(user_id="bulk")
    make_request(user_id="share", parent=bulk)
    assert found() == {"bulk"}


def test_a_count_stops_early_and_says_so() -> None:
    rows = [make_request() for _ in range(6)]
    whole, part = Selection().count(LIVE), Selection().count(LIVE, limit=4)
    assert (whole.number, whole.is_least, str(whole)) == (6, False, "6") and set(whole.examples) <= {r.id for r in rows}
    assert part.is_least and str(part) == "at least 4" and part.read == 4
    assert Selection(status="failed").count(LIVE).number == 0


def test_no_statement_reads_more_than_its_part() -> None:
    for status in (Status.FAILED, Status.COMPLETED, Status.PENDING):
        make_request(status, payload={"a": 1})
    with CaptureQueriesContext(
        connection,
    ) as captured:
        Selection(argument="a=1").count(tuple(Status))
    texts = [query["sql"].upper() for query in captured if "JOBS_ASYNCREQUEST" in query["sql"].upper()]
    # Either a page that a limit bounds, or a look at rows that are named.
    assert texts and all("LIMIT" in text or '"ID" IN (' in text for text in texts)
    assert not any("COUNT(" in text for text in texts)
