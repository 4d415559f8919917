"""Redis Streams: what a tenant may read of which, until when, and as which columns."""

import json
import threading
from typing import Any

import pytest
from django.utils import timezone

from jobs.handler import Cancelled, InvalidPayload, Retryable
from jobs.queue import wakeups
from tests.jobs.data.tables.conftest import Opened, all_rows


def stream(name: str = "sensors", **limits: Any) -> dict[str, Any]:
    return {"type": "stream", "stream_id": name, "max_seconds": 0, **limits}


def add(*messages: dict[str, str], key: str = "stream:acme:sensors") -> None:
    for message in messages:
        wakeups.connection().xadd(key, message)  # type: ignore[arg-type]


def test_it_works(opened: Opened) -> None:
    add({"place": "007", "degrees": "21"}, {"place": "1", "degrees": "-3.5", "on": "true"})
    with opened(stream()) as table:
        assert dict(table.columns) == {"place": "VARCHAR", "degrees": "DOUBLE", "on": "BOOLEAN"}
        assert all_rows(table) == [("007", 21.0, None), ("1", -3.5, True)]


def test_an_object_in_the_field_data_is_unpacked(opened: Opened) -> None:
    add({"at": "2024-01-01T10:00:00Z", "data": json.dumps({"id": "1", "at": "x", "tags": ["a"]})}, {"data": "[1]"})
    with opened(stream()) as table:
        assert dict(table.columns) == {"id": "VARCHAR", "tags": "VARCHAR", "at": "TIMESTAMP", "data": "VARCHAR"}
        assert all_rows(table)[0][:2] == ("1", '["a"]')
        assert all_rows(table)[1][3] == "[1]"


def test_half_a_surrogate_pair_is_replaced(opened: Opened) -> None:
    add({"data": '{"name": "a\\ud800b", "\\udfffx": 1}'})
    with opened(stream()) as table:
        assert dict(table.columns) == {"name": "VARCHAR", "?x": "BIGINT"}
        assert all_rows(table) == [("a?b", 1)]


def test_names_that_differ_in_case_alone_are_those_of_datasets(opened: Opened) -> None:
    add({"a": "1"}, {"A": "2"})
    with opened(stream()) as table:
        assert (dict(table.columns), all_rows(table)) == ({"a": "BIGINT", "A_2": "BIGINT"}, [(1, None), (None, 2)])
        assert list(table.notes) == ["Column 2 is a second 'A'; it is called 'A_2'"]


def test_it_ends_when_there_are_enough(opened: Opened) -> None:
    add(*({"x": str(at)} for at in range(2_500)))
    with opened(stream(max_messages=2_100, max_seconds=600)) as table:
        assert table.fetch("SELECT count(*), max(x) FROM data") == [(2_100, 2_099)]


def test_messages_that_come_in_the_time_count(opened: Opened) -> None:
    later = threading.Timer(0.2, add, [{"x": "1"}])
    later.start()
    with opened(stream(max_messages=1, max_seconds=60)) as table:
        assert all_rows(table) == [(1,)]
    later.join()


@pytest.mark.parametrize(
    ("name", "tenant"),
    [
        ("none", "acme"),
        ("text", "acme"),
        ("b:c", "a"),
        ("*", "acme"),
        ("sensors", "other"),
        ("c", "a"),
        ("../x", "acme"),
    ],
)
def test_nothing_else_is_read(opened: Opened, name: str, tenant: str) -> None:
    add({"x": "1"})
    add({"x": "1"}, key="stream:a:b:c")
    wakeups.connection().set("stream:acme:text", "x")
    with pytest.raises(InvalidPayload) as raised, opened(stream(name), tenant=tenant):
        pass
    assert raised.value.faults[0]["path"] == "data_source.stream_id"


def test_a_cancel_ends_the_waiting(opened: Opened) -> None:
    checks: list[int] = []

    def check() -> None:
        checks.append(1)
        if len(checks) > 2:
            raise Cancelled(timezone.now())

    with pytest.raises(Cancelled), opened(stream(max_seconds=600), check=check):
        pass


def test_a_redis_that_is_away_is_worth_another_attempt(opened: Opened, settings: Any, closed_port: int) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{closed_port}/0"
    with pytest.raises(Retryable, match="cannot be read"), opened(stream()):
        pass
