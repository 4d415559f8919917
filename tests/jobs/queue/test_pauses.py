from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from jobs.models import PausedAction, Status
from jobs.queue.claims import claim_next
from jobs.queue.pauses import NotPaused, UnknownAction, pause_action, resume_action
from jobs.queue.wakeups import waiting_rings
from jobs.sweeper.rules import ring_again
from tests.jobs.admin.pages import sign_in_staff
from tests.jobs.building import QUEUES, claim, final_of, make_submission, row_of, store, submit

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/jobs/pausedaction/"


def told(command: str, *arguments: str) -> str:
    """Run a command and return its output."""
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue().strip()


def test_it_works() -> None:
    paused, free = submit("zoo_count"), submit("zoo_partial")
    row = pause_action("zoo_count", reason="The database is being moved", paused_by="dora")
    assert (row.reason, row.paused_by) == ("The database is being moved", "dora")
    assert claim().request_id == free
    assert claim_next(QUEUES, worker="") is None
    resume_action("zoo_count")
    assert claim().request_id == paused


def test_what_runs_already_runs_on() -> None:
    request_id = submit("zoo_count")
    claim()
    pause_action("zoo_count")
    assert row_of(request_id).status == Status.PROCESSING


def test_nobody_is_woken_for_what_is_paused_until_it_goes_on() -> None:
    store(make_submission("zoo_count", queue="ml"))
    pause_action("zoo_count")
    assert ring_again(timezone.now() + timedelta(minutes=1)) == 0 and waiting_rings("ml") == 0
    resume_action("zoo_count")
    assert waiting_rings("ml") == 1


def test_pausing_twice_keeps_the_time_and_takes_the_new_reason() -> None:
    first = pause_action("zoo_count", reason="one")
    second = pause_action("zoo_count", reason="two")
    assert PausedAction.objects.get().paused_at == first.paused_at and second.reason == "two"


def test_only_what_there_is_can_be_paused_and_only_what_is_paused_resumed() -> None:
    with pytest.raises(UnknownAction, match="no action 'nope'; there are: .*zoo_count"):
        pause_action("nope")
    with pytest.raises(NotPaused):
        resume_action("zoo_count")


def test_the_commands_pause_and_resume() -> None:
    submit("zoo_count")
    assert told("streamer_pause", "zoo_count", "--reason", "moving") == "Action 'zoo_count' is paused; 1 waiting"
    assert PausedAction.objects.get().reason == "moving"
    assert told("streamer_resume", "zoo_count") == "Action 'zoo_count' is resumed; 1 waiting"
    assert not PausedAction.objects.exists()
    with pytest.raises(CommandError, match="is not paused"):
        told("streamer_resume", "zoo_count")
    with pytest.raises(CommandError, match="There is no action 'nope'"):
        told("streamer_pause", "nope")


def test_the_command_cancels_what_waits_and_asks_what_runs_to_stop() -> None:
    running = submit()
    claim()
    waiting = submit()
    assert told("streamer_cancel", str(waiting)) == f"{waiting} (zoo_count) is cancelled"
    assert final_of(waiting)["mode"] == "before_start"
    assert told("streamer_cancel", str(running)) == f"{running} (zoo_count) was asked to stop"
    assert row_of(running).cancel_requested_at is not None
    with pytest.raises(CommandError, match="already cancelled"):
        told("streamer_cancel", str(waiting))
    with pytest.raises(CommandError, match="There is no request"):
        told("streamer_cancel", str(uuid4()))
    with pytest.raises(CommandError, match="invalid UUID value"):
        told("streamer_cancel", "nope")


def test_the_admin_lists_adds_and_deletes(client: Client) -> None:
    submit("zoo_count")
    sign_in_staff(client, "view_pausedaction", "add_pausedaction", "delete_pausedaction")
    assert client.post(f"{LIST}add/", {"action": "zoo_count", "reason": "<b>moving</b>"}).status_code == 302
    row = PausedAction.objects.get()
    assert (row.action, row.paused_by) == ("zoo_count", "operator")
    page = client.get(LIST).content.decode()
    assert "&lt;b&gt;moving&lt;/b&gt;" in page and "operator" in page
    assert "operator" in client.get(f"{LIST}zoo_count/change/").content.decode()
    assert client.post(f"{LIST}zoo_count/delete/", {"post": "yes"}).status_code == 302
    assert not PausedAction.objects.exists() and waiting_rings("default") == 1


def test_the_admin_offers_only_what_is_not_paused_yet(client: Client) -> None:
    pause_action("zoo_count")
    sign_in_staff(client, "view_pausedaction", "add_pausedaction")
    page = client.get(f"{LIST}add/").content.decode()
    assert 'value="zoo_partial"' in page and 'value="zoo_count"' not in page
    assert client.post(f"{LIST}add/", {"action": "zoo_count"}).status_code == 200
    assert client.post(f"{LIST}add/", {"action": "nope"}).status_code == 200


def test_the_admin_resumes_several_at_once(client: Client) -> None:
    for action in ("zoo_count", "zoo_partial"):
        pause_action(action)
    sign_in_staff(client, "view_pausedaction", "delete_pausedaction")
    assert "delete_selected" not in client.get(LIST).content.decode()
    chosen = {"action": "resume_selected", "_selected_action": ["zoo_count", "zoo_partial"]}
    assert client.post(LIST, chosen).status_code == 302
    assert not PausedAction.objects.exists()


def test_nobody_pauses_without_the_permission(client: Client) -> None:
    sign_in_staff(client, "view_pausedaction")
    assert client.get(LIST).status_code == 200
    assert client.post(f"{LIST}add/", {"action": "zoo_count"}).status_code == 403
    assert not PausedAction.objects.exists()
