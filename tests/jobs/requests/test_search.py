import uuid
from typing import Any

import pytest

from jobs.requests import search
from jobs.requests.reads import Wanted, list_page, owned_by
from tests.jobs.building import change, make_submission, store

pytestmark = pytest.mark.django_db(transaction=True)
ALICE = owned_by("acme", "alice")


def found(text: str, **filters: Any) -> list[uuid.UUID]:
    rows, cursor = list_page(ALICE, Wanted(q=text, **filters))
    assert cursor is None
    return [row.id for row in rows]


@pytest.fixture
def report() -> uuid.UUID:
    request_id = store(make_submission("echo_async", tags=("Nightly run", "c 7"), client_id="mine-1"))
    change(request_id, title="Report · Jan 2025")
    store(make_submission("delay", tags=("other",)))
    return request_id


def test_it_works(report: uuid.UUID) -> None:
    assert found("report") == [report]


@pytest.mark.parametrize("text", ["JAN 2025", "nightly", "echo_a", "mine-", "report run 7", " report "])
def test_each_word_counts_wherever_it_stands(report: uuid.UUID, text: str) -> None:
    assert found(text) == [report]


@pytest.mark.parametrize("text", ["report zebra", "ine-1", "%", "100%", "\\", "zzzz"])
def test_what_no_request_has_is_not_found(report: uuid.UUID, text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("length", [4, 8, 13, 36])
def test_an_id_is_found_by_its_beginning(report: uuid.UUID, length: int) -> None:
    assert report in found(str(report)[:length])
    assert found(str(report).upper()) == [report]


def test_a_search_goes_with_other_filters(report: uuid.UUID) -> None:
    assert found("report", tag="c 7", action="echo_async", status="pending") == [report]
    assert found("report", tag="other") == found("report", status="completed") == []


def test_nobody_finds_what_is_not_theirs(report: uuid.UUID) -> None:
    assert list_page(owned_by("acme", "bob"), Wanted(q="report")) == ([], None)


def test_the_newest_alone_are_searched(report: uuid.UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_SEARCHED", 1)
    assert found("report") == []
    assert len(found("delay")) == 1


def test_pages_follow_each_other() -> None:
    ids = [store(make_submission("delay")) for _ in range(5)]
    first, cursor = list_page(ALICE, Wanted(q="delay"), limit=3)
    rest, end = list_page(ALICE, Wanted(q="delay"), limit=3, cursor=cursor)
    assert [row.id for row in [*first, *rest]] == ids[::-1] and end is None
