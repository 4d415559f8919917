from typing import Any, NoReturn

import pytest
from django.db import InterfaceError, OperationalError, connection

from jobs.contract.registry import all_handlers
from jobs.models import Status
from tests.jobs.building import change, log_of, run_next, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


@pytest.fixture
def losing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the handler of ``zoo_crash`` raise as a query does whose backend was ended."""

    def run(*_: Any) -> NoReturn:
        connection.ensure_connection()
        raise OperationalError("terminating connection due to administrator command")

    monkeypatch.setattr(type(all_handlers()["zoo_crash"]), "run", run)


def lose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "is_usable", lambda: False)


def test_it_works(losing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend that was ended is no fault of the request: it is done again, and its client is told why."""
    submit("zoo_crash")
    lose(monkeypatch)
    row = run_next()
    assert row.status == Status.RETRYING
    event = log_of(row.id)[-1]
    assert event.data["error"]["code"] == "SERVICE_UNAVAILABLE" and "terminating" not in str(event.data)


def test_it_is_not_repeated_for_ever(losing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    change(submit("zoo_crash"), errors_count=5)
    lose(monkeypatch)
    assert run_next().status == Status.FAILED


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
def test_a_wrong_query_on_a_sound_connection_is_the_handlers_fault(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: Any) -> NoReturn:
        connection.ensure_connection()
        raise kind("no such table: fish")

    monkeypatch.setattr(type(all_handlers()["zoo_crash"]), "run", run)
    submit("zoo_crash")
    row = run_next()
    assert row.status == Status.FAILED and row.error["code"] == "INTERNAL_ERROR"
