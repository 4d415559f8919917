"""Acts of commands leave a row that operators find in the admin, with the user and the host."""

import getpass
import logging
import socket
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client

from jobs.models import OperatorAct
from jobs.operations.audit import command_actor, record
from tests.jobs.admin.pages import make_request, page_of, sign_in_staff

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> None:
    call_command(*arguments, stdout=StringIO(), stderr=StringIO())


def test_it_works(client: Client) -> None:
    row = make_request()
    run("streamer_cancel", str(row.id))
    act = OperatorAct.objects.get()
    assert (act.verb, act.target, act.via) == ("cancel", str(row.id), "command")
    assert act.actor == f"{getpass.getuser()}@{socket.gethostname()}" and act.finished_at is not None
    operator = sign_in_staff(client, "view_asyncrequest", "view_operatoract")
    assert act.actor in operator.get("/admin/jobs/operatoract/").content.decode()
    assert act.actor in operator.get(page_of(row)).content.decode()


def test_pauses_and_deletions_are_recorded() -> None:
    run("streamer_pause", "delay", "--reason", "the warehouse moves")
    run("streamer_resume", "delay")
    run("streamer_prune", "--days", "30")
    acts = OperatorAct.objects.order_by("begun_at").values_list("verb", "target", "detail")
    assert [*acts] == [
        ("pause", "delay", "the warehouse moves"),
        ("resume", "delay", ""),
        ("prune", "requests that ended more than 30 days ago", ""),
    ]


def test_a_user_without_a_name_is_told_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(getpass, "getuser", unknown)
    assert command_actor().name.startswith("uid ")


def test_a_database_that_is_away_keeps_no_act_from_being_done(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(**fields: object) -> None:
        raise OperationalError("it is away")

    monkeypatch.setattr(OperatorAct.objects, "create", away)
    with caplog.at_level(logging.INFO):
        record("kick", "all connections")
    assert "kick of all connections" in caplog.text and "cannot be recorded" in caplog.text
