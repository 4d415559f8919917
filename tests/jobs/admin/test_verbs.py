"""The verbs of an operator: who may use them, that they ask first, and what is said of each request."""

from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from jobs.models import AsyncRequest, Status
from jobs.operations import verbs
from tests.jobs.admin.pages import LIST, make_request, page_of, sign_in_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    return sign_in_staff(client, "view_asyncrequest", "change_asyncrequest")


def said_by(client: Client, response: Any) -> str:
    """List the messages on the page that the response leads to."""
    page = client.get(response["Location"])
    return " | ".join(str(message) for message in page.context["messages"])


def confirmed(client: Client, verb: str, rows: Iterable[AsyncRequest], **fields: Any) -> Any:
    """Choose the verb for the rows of the list, and confirm it."""
    chosen = {"action": f"{verb}_selected", "_selected_action": [str(row.id) for row in rows]}
    page = client.post(LIST, chosen)
    assert page.status_code == 200 and "Nothing has been done yet" in page.content.decode()
    asked = {"verb": verb, "selection": page.context["selection"], "back": page.context["back"]}
    return client.post(f"{LIST}act/", asked | fields)


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_the_verbs_need_the_change_permission(client: Client, viewer: Client, verb: str) -> None:
    row = make_request(Status.PENDING if verb == "cancel" else Status.FAILED)
    assert viewer.post(f"{LIST}{row.id}/{verb}/").status_code == 403
    viewer.post(LIST, {"action": f"{verb}_selected", "_selected_action": [str(row.id)]})
    client.logout()
    assert client.post(f"{LIST}{row.id}/{verb}/")["Location"].startswith("/admin/login/")
    assert AsyncRequest.objects.values_list("id", "status").get() == (row.id, row.status)


def test_a_viewer_is_offered_no_verb_and_an_operator_those_that_fit(viewer: Client) -> None:
    waiting, ended = make_request(), make_request(Status.FAILED)
    for row in (waiting, ended):
        page = viewer.get(page_of(row)).content.decode()
        assert 'form="cancel-form"' not in page and 'form="retry-form"' not in page
    assert "cancel_selected" not in viewer.get(LIST).content.decode()


def test_an_operator_is_offered_the_verb_that_fits(operator: Client) -> None:
    waiting, ended = (operator.get(page_of(make_request(s))).content.decode() for s in (Status.PENDING, Status.FAILED))
    assert 'form="cancel-form"' in waiting and 'form="retry-form"' not in waiting
    assert 'form="cancel-form"' not in ended and 'form="retry-form"' in ended


def test_the_verbs_are_not_for_links(operator: Client) -> None:
    row = make_request()
    assert operator.get(f"{LIST}{row.id}/cancel/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = operator.cookies
    assert strict.post(f"{LIST}{row.id}/cancel/").status_code == 403
    assert AsyncRequest.objects.get().status == Status.PENDING


def test_cancel_ends_what_waits_and_keeps_who_wanted_it(operator: Client) -> None:
    row = make_request()
    response = operator.post(f"{LIST}{row.id}/cancel/")
    assert said_by(operator, response) == "cancelled."
    row.refresh_from_db()
    assert (row.status, row.events.get().data["mode"]) == (Status.CANCELLED, "before_start")
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.user.get_username()) == (str(row.id), "operator")
    assert "Cancelled" in operator.get(f"{LIST}{row.id}/history/", follow=True).content.decode()


def test_cancel_asks_what_runs_to_stop(operator: Client) -> None:
    row = make_request(Status.PROCESSING, attempt=1)
    assert said_by(operator, operator.post(f"{LIST}{row.id}/cancel/")) == "asked to stop."
    row.refresh_from_db()
    assert row.status == Status.PROCESSING and row.cancel_requested_at is not None


def test_cancel_leaves_what_has_ended(operator: Client) -> None:
    row = make_request(Status.COMPLETED)
    assert said_by(operator, operator.post(f"{LIST}{row.id}/cancel/")) == "was already completed."
    assert not LogEntry.objects.exists()


def test_the_list_says_what_happened_to_each(operator: Client) -> None:
    rows = [make_request(status) for status in (Status.PENDING, Status.PENDING, Status.RETRYING, Status.COMPLETED)]
    rows += [make_request(status) for status in (Status.PROCESSING, Status.FAILED, Status.CANCELLED)]
    assert said_by(operator, confirmed(operator, "cancel", rows)) == (
        "3 cancelled, 1 asked to stop, 1 was already completed, 1 had already failed, 1 was already cancelled."
    )


def test_a_request_that_has_gone_meanwhile_is_said_to_be_gone() -> None:
    row = make_request()
    row_id = row.id
    row.delete()
    assert str(verbs.cancel_all([row_id])) == str(verbs.retry_all([row_id])) == "does not exist any more"


def test_retry_makes_a_new_request_links_to_it_and_rings(
    operator: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(verbs, "ring", rung.extend)
    row = make_request(Status.FAILED, queue="reports", payload={"seconds": 3})
    with django_capture_on_commit_callbacks(execute=True):
        response = operator.post(f"{LIST}{row.id}/retry/")
    said = said_by(operator, response)
    new = AsyncRequest.objects.exclude(id=row.id).get()
    assert (new.status, new.payload, new.queue) == (Status.PENDING, {"seconds": 3}, "reports")
    assert said == f'run again: <a href="{page_of(new)}">{str(new.id)[:8]}</a>'
    assert rung == ["reports"]
    assert page_of(row) in operator.get(page_of(new)).content.decode()


def test_a_retry_leaves_the_trace_of_a_client_and_the_history_says_who_asked(operator: Client) -> None:
    row = make_request(Status.FAILED, metadata={"tab": 1})
    operator.post(f"{LIST}{row.id}/retry/")
    new = AsyncRequest.objects.exclude(id=row.id).get()
    assert new.metadata == {"tab": 1, "regenerated_from": str(row.id)}
    history = LogEntry.objects.values_list("object_id", "user__username", "change_message")
    acts = {(str(row.id), f"Run again as {new.id}"), (str(new.id), f"Run again, from {row.id}")}
    assert {(object_id, act) for object_id, _, act in history} == acts and {who for _, who, _ in history} == {
        "operator"
    }


def test_retry_refuses_what_is_live(operator: Client) -> None:
    rows = [make_request(Status.PENDING), make_request(Status.PROCESSING), make_request(Status.CANCELLED)]
    said = said_by(operator, confirmed(operator, "retry", rows))
    assert said.startswith("1 run again, 2 are not finished and cannot be run again: <a ")
    assert AsyncRequest.objects.count() == 4


def test_one_click_moves_a_bounded_number(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.admin.acting.verb_actions.MAX_SELECTED", 2)
    rows = [make_request() for _ in range(3)]
    said_by(operator, confirmed(operator, "cancel", rows))
    assert AsyncRequest.objects.filter(status=Status.CANCELLED).count() == 2
