"""The admin's page of a bulk request: outcomes, slices, and the way to those that share it and back."""

from typing import Any

import pytest
from django.test import Client

from jobs.bulk.shares import invite
from jobs.models import AsyncRequest, BulkOutcome, BulkSlice
from tests.jobs.admin.pages import LIST, make_request, page_of
from tests.jobs.building import claim
from tests.jobs.bulk.building import ECHO, echoes, held_by, run, submit_bulk

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_works(viewer: Client) -> None:
    bulk = submit_bulk(ECHO, [*echoes(5), {"wrong": 1}], batch_size=4)
    run(claim())
    page = viewer.get(page_of(AsyncRequest.objects.get(id=bulk)))
    part = page.context["page"].bulk
    assert (part.counts.total, part.counts.succeeded, part.counts.failed) == (6, 5, 1)
    assert part.codes == [("VALIDATION_ERROR", 1)]
    assert [(one.items, one.done, one.failed, one.holder) for one in part.slices] == [
        ("0–3", "4 of 4", "0", "this request"),
        ("4–5", "2 of 2", "1", "this request"),
    ]
    assert 'id="slices"' in page.content.decode() and 'id="shares"' not in page.content.decode()


def test_those_who_share_lead_there_and_back(viewer: Client) -> None:
    bulk = submit_bulk(ECHO, echoes(1))
    own = claim()
    BulkSlice.objects.bulk_create(
        BulkSlice(request_id=bulk, number=number, first=number, size=1, items=[{}]) for number in range(3)
    )
    invite(bulk, {"operation": ECHO, "on_error": "continue"}, 1)
    share = claim()
    assert held_by(own) and held_by(share)
    parent, child = AsyncRequest.objects.get(id=bulk), AsyncRequest.objects.get(id=share.request_id)
    page = viewer.get(page_of(parent))
    assert page_of(child) in page.content.decode()
    states = [(one.items, ">Running<" in one.state, one.takes) for one in page.context["page"].bulk.slices]
    assert states == [("0–0", True, 1), ("1–1", True, 1), ("2–2", False, 0)]
    back = viewer.get(page_of(child)).content.decode()
    assert "<dt>Share of</dt>" in back and page_of(parent) in back


def test_shares_are_listed_on_the_page_of_their_bulk_and_elsewhere_only_for_who_asks(viewer: Client) -> None:
    bulk, other = make_request(user_id="bulk"), make_request(user_id="other")
    share = make_request(user_id="share", parent=bulk)
    make_request(user_id="of other", parent=other)
    BulkSlice.objects.create(request=bulk, number=0, first=0, size=9, items=[{}], done=4, holder=share.id, takes=1)

    def found(**parameters: str) -> set[str]:
        return {row.user_id for row in viewer.get(LIST, parameters).context["cl"].result_list}

    assert found() == {"bulk", "other"} and found(shares="with") == {"bulk", "other", "share", "of other"}
    assert found(shares=str(bulk.id)) == {"share"} == found(q=str(share.id)) == found(q=str(share.id)[:8])
    assert found(q="share") == set()
    listed = viewer.get(LIST, {"q": str(share.id)}).content.decode()
    assert f"share of {str(bulk.id)[:8]}" in listed
    (line,) = viewer.get(page_of(bulk)).context["page"].bulk.shares
    assert (line.items, round(line.percentage)) == ("4 of 9", 44)


def test_many_slices_are_cut_short_and_cost_few_queries(viewer: Client, django_assert_max_num_queries: Any) -> None:
    row = make_request()
    BulkSlice.objects.bulk_create(
        BulkSlice(request=row, number=number, first=number, size=1, items=[{}], is_done=number < 70)
        for number in range(90)
    )
    BulkOutcome.objects.create(request=row, index=0, error={"code": "<b>", "message": "x"})
    with django_assert_max_num_queries(22):
        page = viewer.get(page_of(row))
    assert "60 more slices" in page.content.decode() and "&lt;b&gt;" in page.content.decode()
    assert [one.items for one in page.context["page"].bulk.slices[:20]] == [f"{n}–{n}" for n in range(70, 90)]
