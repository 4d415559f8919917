"""Acts on a selection and on all that a filter matches: they ask first, and go on when the page is closed."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from jobs.admin.acting import verb_actions
from jobs.models import AsyncRequest, OperatorAct, Status
from jobs.operations import acts
from jobs.operations.acts import carry_on_all
from jobs.operations.selection import Selection
from jobs.requests.storing import index_tags
from tests.jobs.admin.pages import LIST, make_request, page_of, sign_in_staff

pytestmark = pytest.mark.django_db

ACTS = "/admin/jobs/operatoract/"


@pytest.fixture
def operator(client: Client) -> Client:
    names = ("view_asyncrequest", "change_asyncrequest", "delete_asyncrequest", "view_operatoract")
    return sign_in_staff(client, *names)


def ask(client: Client, verb: str, **filters: str) -> Any:
    """Choose all that the filters match, and get the page that asks."""
    row = AsyncRequest.objects.order_by("-created_at")[0]
    chosen = {"action": f"{verb}_selected", "select_across": "1", "_selected_action": [str(row.id)]}
    return client.post(f"{LIST}?{urlencode(filters)}", chosen)


def confirm(client: Client, page: Any, **fields: Any) -> Any:
    hidden = {"selection": page.context["selection"], "back": page.context["back"]}
    return client.post(f"{LIST}act/", {"verb": page.context["verb"].name, **hidden, **fields})


def test_it_works(operator: Client) -> None:
    waiting = [make_request(tenant_id="acme") for _ in range(3)]
    other = make_request(tenant_id="globex")
    page = ask(operator, "cancel", tenant_id="acme")
    text = page.content.decode()
    assert "<strong>3 requests</strong> would be cancelled" in text and "tenant acme" in text
    assert all(page_of(row) in text for row in waiting) and page_of(other) not in text
    assert not AsyncRequest.objects.filter(status="cancelled").exists() and not OperatorAct.objects.exists()
    response = confirm(operator, page)
    assert response["Location"] == f"{LIST}?tenant_id=acme"
    assert AsyncRequest.objects.filter(status="cancelled").count() == 3
    entry, act = LogEntry.objects.get(), OperatorAct.objects.get()
    assert entry.object_id == str(act.id) and "tenant acme" in entry.change_message and "(3)" in entry.change_message
    assert (act.actor, act.counts, act.total) == ("operator", {"cancelled": 3}, 3)


def test_what_is_not_done_soon_goes_on_without_the_page(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verb_actions, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(acts, "SLICE", 2)
    for _ in range(5):
        make_request(Status.FAILED)
    response = confirm(operator, ask(operator, "replay", status="failed"))
    act = OperatorAct.objects.get()
    assert response["Location"] == f"{ACTS}{act.id}/change/"
    page = operator.get(response["Location"]).content.decode()
    assert 'data-live="true"' in page and "2 of 5 requests reached" in page and "Stop it here" in page
    while carry_on_all(timezone.now(), 0.0):
        pass
    live = operator.get(f"{ACTS}{act.id}/live/").content.decode()
    assert 'data-live="false"' in live and "5 of 5" in live and "5 run again" in live and ">Done</span>" in live
    assert AsyncRequest.objects.filter(redo_of__isnull=False).count() == 5


def test_an_act_is_stopped_by_whoever_may_do_it(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verb_actions, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(acts, "SLICE", 2)
    for _ in range(5):
        make_request()
    confirm(operator, ask(operator, "cancel", status="live"))
    act = OperatorAct.objects.get()
    operator.post(f"{ACTS}{act.id}/stop/")
    assert carry_on_all(timezone.now()) == 0 and AsyncRequest.objects.filter(status="cancelled").count() == 2
    assert ">Stopped</span>" in operator.get(f"{ACTS}{act.id}/change/").content.decode()


def test_a_priority_is_asked_for_and_checked(operator: Client) -> None:
    row = make_request()
    page = ask(operator, "priority", status="waiting")
    assert 'name="priority"' in page.content.decode()
    for wrong in ({}, {"priority": "-1"}, {"priority": "9999"}, {"priority": "soon"}):
        assert confirm(operator, page, **wrong).status_code == 400
    confirm(operator, page, priority="60")
    row.refresh_from_db()
    assert row.priority == 60 and row.order_at == row.created_at - timedelta(seconds=60)


def test_prune_deletes_what_is_finished(operator: Client) -> None:
    live = make_request()
    make_request(Status.COMPLETED)
    page = ask(operator, "prune")
    assert "all requests" in page.content.decode() and page.context["count"].number == 1
    confirm(operator, page)
    assert [*AsyncRequest.objects.values_list("id", flat=True)] == [live.id]


def test_the_page_of_one_leads_to_the_page_that_asks(operator: Client) -> None:
    waits, ended = (operator.get(page_of(make_request(s))).content.decode() for s in (Status.PENDING, Status.FAILED))
    assert 'form="priority-form"' in waits and 'form="prune-form"' not in waits
    assert 'form="prune-form"' in ended and 'form="priority-form"' not in ended
    assert 'name="action" value="prune_selected"' in ended


def test_rows_that_are_chosen_but_do_not_fit_are_counted(operator: Client) -> None:
    rows = [make_request(), make_request(Status.COMPLETED)]
    page = operator.post(LIST, {"action": "cancel_selected", "_selected_action": [str(row.id) for row in rows]})
    assert page.context["left_out"] == 1 and "Chosen: 2 requests." in page.content.decode()


def test_every_filter_of_the_list_selects_the_same_rows(operator: Client) -> None:
    now = timezone.now()
    tagged = make_request(Status.FAILED, user_id="a", tags=["nightly"], error={"code": "TIMEOUT"}, payload={"n": 1})
    index_tags([tagged.id])
    make_request(Status.PROCESSING, user_id="b", queue="ml", tenant_id="globex", client_id="invoice-7")
    make_request(Status.COMPLETED, user_id="c", created_at=now - timedelta(days=3), failed_items=1)
    make_request(Status.CANCELLED, user_id="d", action="echo_async")
    for filters in (
        *({"status": one} for one in ("failed", "live", "waiting", "with_failures")),
        *({"queue": "ml"}, {"tag": "nightly"}, {"tenant_id": "globex"}, {"created": "24h"}, {"action": "echo_async"}),
        *({"day": now.date().isoformat()}, {"code": "TIMEOUT"}, {"argument": "n=1"}, {"longer": "60"}),
        *({"q": "invoice-7"}, {"q": "a"}, {"q": "globex"}, {"q": "TIMEOUT"}, {"q": str(tagged.id)[:8]}),
        {"status": "failed", "finished_at__gte": (now - timedelta(hours=1)).isoformat()},
    ):
        listed = {row.id for row in operator.get(LIST, filters).context["cl"].result_list}
        for verb in ("cancel", "prune"):
            page = ask(operator, verb, **filters)
            stored = Selection.of_json(json.loads(page.context["selection"]))
            assert {row.id for row in stored.newest(50)} == listed, filters


@pytest.mark.parametrize("filters", [{"shares": "with"}, {"q": "acme", "tenant_id": "globex"}])
def test_what_an_act_would_not_understand_is_said_and_nothing_is_done(operator: Client, filters: Any) -> None:
    make_request()
    response = ask(operator, "cancel", **filters)
    assert response.status_code == 302 and not OperatorAct.objects.exists()
    told = [str(message) for message in operator.get(LIST).context["messages"]]
    assert told and "cannot be taken at once" in told[0]


@pytest.mark.parametrize("selection", ["", "[]", "{", '{"nonsense": 1}', '{"ids": ["x"]}', '{"ids": 5}', "null"])
def test_a_forged_selection_is_refused(operator: Client, selection: str) -> None:
    assert operator.post(f"{LIST}act/", {"verb": "cancel", "selection": selection}).status_code == 400
    assert operator.post(f"{LIST}act/", {"verb": "explode", "selection": "{}"}).status_code == 400


def test_nobody_is_led_elsewhere(operator: Client) -> None:
    make_request()
    page = ask(operator, "cancel")
    assert confirm(operator, page, back="https://evil.example/")["Location"] == LIST


def test_all_beyond_the_last_page_are_offered_too(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.admin.listing.pages.MAX_LISTED", 60)
    for _ in range(62):
        make_request()
    assert "Select all, more than" in operator.get(LIST).content.decode()
    assert ask(operator, "cancel").context["count"].number == 62


def test_the_acts_of_all_are_listed_and_found(operator: Client) -> None:
    row = make_request()
    operator.post(f"{LIST}{row.id}/cancel/")
    page = operator.get(ACTS, {"q": str(row.id)}).content.decode()
    assert "Cancel" in page and "operator" in page and "cancelled" in page
    assert OperatorAct.objects.count() == 1
    assert operator.get(ACTS, {"q": "nobody"}).context["cl"].result_list.count() == 0


@pytest.mark.parametrize(
    "selection",
    [
        *("[" * 100_000, "null", "7", '{"longer": 1e999}', '{"longer": NaN}', '{"tenant": "a\\u0000"}'),
        *('{"until": "2026-05-01T10:00:00"}', '{"argument": "nonsense"}', '{"status": "nonsense"}', '{"ids": ["x"]}'),
    ],
)
def test_a_selection_that_no_page_made_is_refused(operator: Client, selection: str) -> None:
    make_request()
    response = operator.post(f"{LIST}act/", {"verb": "cancel", "selection": selection})
    assert response.status_code == 400
    assert not OperatorAct.objects.exists() and not AsyncRequest.objects.filter(status="cancelled").exists()


@pytest.mark.parametrize(
    "filters", [{"argument": "nonsense"}, {"longer": "inf"}, {"longer": "nan"}, {"longer": "1e300"}, {"longer": "-1"}]
)
def test_a_filter_that_makes_no_sense_cannot_be_taken_as_a_whole(operator: Client, filters: dict[str, str]) -> None:
    row = make_request()
    page = operator.post(
        f"{LIST}?{urlencode(filters)}",
        {"action": "cancel_selected", "select_across": "1", "_selected_action": [str(row.id)]},
        follow=True,
    )
    assert page.status_code == 200 and not OperatorAct.objects.exists()
