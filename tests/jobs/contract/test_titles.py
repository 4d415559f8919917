"""Whatever the payload and the handler, a request gets one line that can be stored and shown."""

import logging
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, Field, SecretStr

from jobs.contract.registry import all_handlers
from jobs.contract.submission import titles as request_titles
from jobs.contract.submission.titles import title_of
from jobs.contract.titles.default import MAX_TITLE_CHARACTERS, one_line, title_of_item
from jobs.handler import Context, Handler, NoPayload, Payload
from jobs.jsonable import is_storable


class _Colour(Enum):
    DARK_RED = 1
    BLUE = "blue"


class _Anything(Payload):
    model_config = ConfigDict(extra="allow", arbitrary_types_allowed=True)

    text: str = "usual"
    number: int | float = 5
    day: date | None = None
    moment: datetime | None = None
    colour: _Colour | None = None
    flag: bool = False
    words: list[str] = []
    pin: str = Field(default="", exclude=True)
    api_key: str = ""
    login: str = Field(default="", json_schema_extra={"format": "password"})
    hidden: SecretStr | None = None


class _Plain(Handler[_Anything]):
    action = "test_plain"

    def run(self, payload: _Anything, context: Context) -> None: ...


class _Own(Handler[NoPayload]):
    action = "test_own"
    given: Any = "Mine"

    def title(self, payload: NoPayload) -> str:
        if isinstance(self.given, Exception):
            raise self.given
        return self.given

    def run(self, payload: NoPayload, context: Context) -> None: ...


class _Asks(_Own):
    action = "test_asks"

    def title(self, payload: NoPayload) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "asked"


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_titles, "_told", set())


def _own(title: Any) -> str:
    handler = _Own()
    handler.given = title
    return title_of(handler, NoPayload())


def assert_valid(title: str) -> None:
    assert type(title) is str and 0 < len(title) <= MAX_TITLE_CHARACTERS
    assert title.isprintable() and title == title.strip() and is_storable(title)


def test_it_works() -> None:
    payload = _Anything(text="North", number=3, day=date(2025, 1, 2), moment=datetime(2025, 1, 2, 3, 4))
    assert title_of(_Plain(), payload) == "Test plain · North · number 3 · 2025-01-02 · 2025-01-02 03:04"


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({}, "Test plain"),
        ({"text": "usual", "flag": True, "words": ["a"], "unknown": "b"}, "Test plain"),
        ({"text": " \n "}, "Test plain"),
        ({"number": 0.25}, "Test plain · number 0.25"),
        ({"colour": _Colour.DARK_RED}, "Test plain · DARK_RED"),
        ({"colour": _Colour.BLUE}, "Test plain · blue"),
        ({"pin": "1234", "api_key": "k", "login": "p", "hidden": SecretStr("s")}, "Test plain"),
        ({"text": "long " * 20}, "Test plain · long long long long long long long long…"),
    ],
)
def test_the_default_shows_what_was_set_and_is_no_secret(fields: dict[str, Any], title: str) -> None:
    assert title_of(_Plain(), _Anything(**fields)) == title


@pytest.mark.parametrize(
    ("item", "title"),
    [
        ({"limit": 2_000_000, "year": 2025}, "limit 2,000,000 · year 2025"),
        ({"amount": 2_000_000.0, "price": Decimal("-12345.60")}, "amount 2,000,000 · price -12,345.6"),
        ({"order_id": 73_245_001, "zipCode": 80_331}, "order id 73245001 · zipCode 80331"),
        ({"share": 0.123_456, "none": Decimal("NaN"), "all": float("inf")}, "share 0.123456 · all inf"),
    ],
)
def test_numbers_have_their_thousands_apart_unless_they_name_something(item: dict[str, Any], title: str) -> None:
    assert title_of_item(item) == title


@given(text=st.text(), number=st.integers() | st.floats(), moment=st.none() | st.datetimes(), extra=st.text())
def test_any_values_give_a_valid_title(text: str, number: float, moment: datetime | None, extra: str) -> None:
    day = None if moment is None else moment.date()
    assert_valid(title_of(_Plain(), _Anything(text=text, number=number, day=day, moment=moment, extra=extra)))


@given(st.text(), st.integers(1, 200))
def test_a_line_is_short_and_has_no_control_characters(text: str, most: int) -> None:
    line = one_line(text, most)
    assert len(line) <= most and line.isprintable() and line == line.strip() and one_line(line, most) == line


@given(st.text(min_size=1) | st.none() | st.integers() | st.binary() | st.just(Exception("no")))
def test_whatever_a_handler_says_its_request_gets_a_title(given_title: Any) -> None:
    assert_valid(_own(given_title))


def test_an_own_title_is_put_on_one_line() -> None:
    assert _own("  For\tyou,\r\nand\x00\x1b[31m me\u202e ") == "For you, and [31m me"
    assert _own("word " * 100).endswith("word…")


def test_a_fault_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert [_own(ValueError("no")), _own(7), _own("")] == ["Test own"] * 3
    assert [record.getMessage() for record in caplog.records] == [
        "'test_own' gave no usable title; requests get another"
    ]


@pytest.mark.django_db
def test_a_statement_of_a_title_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    """One that fails would undo the transaction in which a request is submitted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert title_of(_Asks(), NoPayload()) == "Test asks"
    assert "a title asks no database" in caplog.text
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


PAYLOADS: list[tuple[str, dict[str, Any], str]] = [
    ("generate_report", {"start_date": "2025-01-01", "end_date": "2025-12-31"}, "Report · Jan–Dec 2025 · PDF"),
    (
        "generate_report",
        {
            "start_date": "2025-02-01",
            "end_date": "2025-02-28",
            "format": "csv",
            "filters": {"region": ["North", "West"], "year": 2025, "vip": True},
        },
        "Report · Feb 2025 · North, West, 2025 and 1 more · CSV",
    ),
    (
        "generate_report",
        {
            "start_date": "2024-12-31",
            "end_date": "2025-01-05",
            "format": "excel",
            "dataset": {"dataset_id": "orders", "date": "d", "value": "v", "category": "c"},
        },
        "Report · 31 Dec 2024 – 5 Jan 2025 · orders · Excel",
    ),
    (
        "process_data",
        {
            "pipeline": "classification",
            "data_source": {"type": "dataset", "dataset_id": "customers"},
            "options": {"target": "churn"},
        },
        "Learn churn · classification · customers",
    ),
    (
        "process_data",
        {"dataset_id": "sample", "operations": [{"type": "filter", "column": "a", "operator": "gt", "value": 1}]},
        "Transform · filter · sample",
    ),
    (
        "process_data",
        {"pipeline": "anomaly", "data_source": {"type": "inline", "rows": [{"a": 1}, {"a": 2}]}},
        "Find anomalies · 2 rows",
    ),
    (
        "predict",
        {
            "model": "0123abcd-0000-4000-8000-000000000000",
            "data_source": {"type": "query", "sql": "SELECT *\nFROM orders WHERE day > '2025-01-01' LIMIT 10"},
        },
        "Predict · SELECT * FROM orders WHERE day > '2025-… · model 0123abcd",
    ),
    (
        "bulk_operation",
        {"operation": {"type": "action", "action": "echo"}, "items": [{"message": number} for number in range(1200)]},
        "Bulk · echo · 1,200 items",
    ),
    (
        "bulk_operation",
        {
            "operation": {"type": "action", "action": "echo_async"},
            "data_source": {"type": "file", "path": "in/orders.csv"},
        },
        "Bulk · echo async · rows of orders.csv",
    ),
    ("delay", {"seconds": 2.5, "steps": 10}, "Delay · seconds 2.5"),
    ("echo_async", {"message": "hi"}, "Echo async · hi"),
    ("health", {}, "Health"),
]


@pytest.mark.parametrize(("action", "payload", "title"), PAYLOADS)
def test_titles_of_built_in_actions(action: str, payload: dict[str, Any], title: str) -> None:
    handler = all_handlers()[action]
    assert title_of(handler, handler.parse(payload)) == title
