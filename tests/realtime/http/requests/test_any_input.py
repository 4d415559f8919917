"""Whatever a client sends, it is told what is wrong with it: nothing leads to an error of the server."""

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import MakeToken
from tests.realtime.sockets import end_all_tasks

pytestmark = pytest.mark.django_db(transaction=True)
_FIELDS = (
    *("type", "action", "payload", "id", "request_id", "metadata", "tags", "cache", "priority", "expires_in"),
    *("on_disconnect", "requests", "index", "needs_inspection"),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
_ACTIONS = st.sampled_from(["echo", "echo_async", "delay", "generate_report", "process_data", "bulk_operation", "nil"])
_REQUEST = st.fixed_dictionaries({"action": _ACTIONS}) | st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=6)
_MIXED = st.builds(lambda one, other: {**one, **other}, _REQUEST, st.dictionaries(st.sampled_from(_FIELDS), _JSON))
_BODY = _MIXED | st.fixed_dictionaries({"requests": st.lists(_MIXED, max_size=4)}) | _JSON
_HEADERS = st.dictionaries(
    st.sampled_from(["Idempotency-Key", "Prefer"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
)
_QUERY = st.dictionaries(
    st.sampled_from(["status", "action", "tag", "created_after", "created_before", "limit", "cursor"]),
    # Django logs a URL with NUL, and answers it with 400.
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
    | st.integers().map(str)
    | st.datetimes().map(lambda moment: f"{moment.isoformat()}+14:00"),
)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """Run all examples on one event loop, whose parts of the process are made once."""
    with asyncio.Runner() as made:
        yield made
        made.run(end_all_tasks())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(path=st.sampled_from(["", "batch/"]), body=_BODY, headers=_HEADERS, query=_QUERY)
def test_no_input_is_an_error_of_the_server(
    path: str,
    body: Any,
    headers: Any,
    query: Any,
    runner: asyncio.Runner,
    make_token: MakeToken,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.clear()
    headers = {**headers, "Authorization": f"Bearer {make_token(permissions=('none',))}"}

    async def send() -> list[Any]:
        client = AsyncClient(raise_request_exception=True)
        content = json.dumps(body)
        answers = [await client.post(f"/api/requests/{path}", content, "application/json", headers=headers)]
        answers.append(await client.get("/api/requests/", query, headers=headers))
        return answers

    for answer in runner.run(send()):
        assert answer.status_code < 500, answer.content
        told = answer.json()
        assert "error" not in told or told["error"]["code"]
        for one in told.get("responses", ()):
            assert one["type"] != "error" or one["error"]["code"] not in ("INTERNAL_ERROR", "SERVICE_UNAVAILABLE"), one
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]
