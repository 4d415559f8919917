"""Each transaction has its turn, and gives it back however it ends."""

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError, transaction
from django.db.utils import ConnectionHandler

from jobs.sqlite.base import DatabaseWrapper


@pytest.fixture
def connection(tmp_path: Path, django_db_blocker: pytest.FixtureRequest) -> Iterator[DatabaseWrapper]:
    """Open a database of its own, beside those of the settings."""
    options = {"transaction_mode": "IMMEDIATE", "timeout": 0.1}
    engine = {"ENGINE": "jobs.sqlite", "NAME": str(tmp_path / "db"), "OPTIONS": options}
    handler = ConnectionHandler({"default": engine})
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        opened = handler["default"]
        opened.ensure_connection()
        yield opened
        opened.close()


def is_free(connection: DatabaseWrapper) -> bool:
    with Path(f"{connection.settings_dict['NAME']}-turn").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@pytest.fixture(autouse=True)
def found_by_atomic(connection: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "get_connection", lambda using=None: connection)


def test_a_transaction_has_the_turn_from_begin_to_commit(connection: DatabaseWrapper) -> None:
    with transaction.atomic():
        assert not is_free(connection)
        with transaction.atomic():  # a savepoint
            assert not is_free(connection)
        assert not is_free(connection)
    assert is_free(connection)


def test_a_transaction_that_fails_gives_it_back(connection: DatabaseWrapper) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError
    assert is_free(connection)


def test_a_connection_that_is_closed_gives_it_back(connection: DatabaseWrapper) -> None:
    with transaction.atomic():
        connection.close()
        assert is_free(connection)


def test_a_locked_database_gives_it_back(connection: DatabaseWrapper) -> None:
    other = ConnectionHandler({"default": {**connection.settings_dict, "ENGINE": "django.db.backends.sqlite3"}})
    with other["default"].cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"), transaction.atomic():
            pass
        assert is_free(connection)
        cursor.execute("ROLLBACK")
    other.close_all()


def test_hooks_run_after_it_is_given_back(connection: DatabaseWrapper) -> None:
    """A hook may write by another connection, and must not wait for its own."""
    seen: list[bool] = []
    with transaction.atomic():
        transaction.on_commit(lambda: seen.append(is_free(connection)))
    assert seen == [True]
