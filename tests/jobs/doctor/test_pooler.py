"""A pooler before the database needs settings; one that is missing is a finding."""

import pytest
from django.db import connection

from jobs.doctor import pooler
from jobs.doctor.check import Found

pytestmark = pytest.mark.django_db


def look() -> Found:
    (check,) = pooler.CHECKS
    return check.look()


@pytest.fixture
def pooled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the database answer as one behind a pooler, whose role has one of the limits."""
    limits = {"lock_timeout": "10s", "idle_in_transaction_session_timeout": "0"}
    monkeypatch.setattr(connection, "vendor", "postgresql")
    monkeypatch.setattr(pooler, "_is_pooled", lambda: True)
    monkeypatch.setattr(pooler, "_rows", lambda statement, name: [(limits[name],)])


def test_it_works() -> None:
    assert look().count == 0


def test_a_role_without_limits_and_cursors_of_the_server_are_findings(pooled: None) -> None:
    found = look()
    assert found.count == 2
    assert "STREAMER_DATABASE_POOLER=transaction" in found.examples[0]
    assert "SET idle_in_transaction_session_timeout = '8s'" in found.examples[1]


def test_with_the_setting_the_cursors_are_none(pooled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    assert look().count == 1
