"""Every act of an operator is in the admin's log with who and what, and the page of its row shows it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from jobs.models import Status
from tests.jobs.admin.pages import LIST, make_artifact, make_request, page_of, sign_in_staff

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_works(client: Client) -> None:
    operator = sign_in_staff(client, "view_asyncrequest", "change_asyncrequest")
    waits, runs = make_request(), make_request(Status.PROCESSING, attempt=1)
    assert 'id="acts"' not in operator.get(page_of(waits)).content.decode()
    for row, word in ((waits, "Cancelled"), (runs, "Asked to stop")):
        operator.post(f"{LIST}{row.id}/cancel/")
        page = operator.get(page_of(row)).content.decode()
        assert 'id="acts"' in page and "<td>operator</td>" in page and f">{word}</td>" in page


def test_a_pause_keeps_its_reason_and_a_resume_who_wanted_it(client: Client) -> None:
    operator = sign_in_staff(client, "view_pausedaction", "add_pausedaction", "delete_pausedaction")
    operator.post("/admin/jobs/pausedaction/add/", {"action": "delay", "reason": "the warehouse moves"})
    operator.post("/admin/jobs/pausedaction/", {"action": "resume_selected", "_selected_action": ["delay"]})
    acts = LogEntry.objects.order_by("id").values_list("user__username", "object_id", "change_message")
    assert [*acts] == [("operator", "delay", "Paused: the warehouse moves"), ("operator", "delay", "Resumed")]


def test_where_nothing_was_done_no_link_leads_to_an_empty_page(client: Client) -> None:
    operator = sign_in_staff(client, "view_artifact", "change_artifact")
    row = make_artifact(make_request(Status.COMPLETED))
    page = f"/admin/jobs/artifact/{row.id}"
    assert "historylink" not in operator.get(f"{page}/change/").content.decode()
    assert operator.get(f"{page}/history/")["Location"] == f"{page}/change/"
    operator.post("/admin/jobs/artifact/", {"action": "extend_selected", "_selected_action": [str(row.id)]})
    assert "historylink" in operator.get(f"{page}/change/").content.decode()
    assert "Kept until" in operator.get(f"{page}/history/").content.decode()
