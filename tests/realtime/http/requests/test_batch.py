"""Many requests in one body: each is answered in its place, and those that are stored share a commit."""

from typing import Any

import pytest
from pytest_django import Settings

from jobs.models import AsyncRequest
from jobs.requests import writer as writer_module
from jobs.requests.submission import submit_many
from realtime.http.requests import batch
from tests.realtime.http.requests.conftest import Call
from tests.realtime.sockets import aside

pytestmark = pytest.mark.django_db(transaction=True)


def queued(client_id: str, message: int = 0) -> dict[str, Any]:
    return {"action": "echo_async", "id": client_id, "payload": {"message": message}, "tags": ["batch"]}


async def test_it_works(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    commits: list[int] = []

    def note(submissions: Any) -> Any:
        commits.append(len(submissions))
        return submit_many(submissions)

    monkeypatch.setattr(writer_module, "submit_many", note)
    items: list[Any] = [
        queued("a"),
        {"action": "echo", "payload": {"message": 1}},
        {"action": "no_such", "id": "b"},
        queued("c"),
        7,
        {"action": "zoo_inline_crash"},
        {**queued("d"), "on_disconnect": "cancel"},
        queued("a", 5),
        queued("a"),
    ]
    answer = await call("post", "batch/", {"requests": items})
    assert answer.status_code == 200 and list(answer.json()) == ["responses"]
    responses = answer.json()["responses"]
    assert [one["index"] for one in responses] == list(range(len(items)))
    kinds = [one["error"]["code"] if one["type"] == "error" else one["type"] for one in responses]
    assert kinds == [
        "acknowledgment",
        "response",
        "INVALID_ACTION",
        "acknowledgment",
        "INVALID_MESSAGE",
        "INTERNAL_ERROR",
        "VALIDATION_ERROR",
        "DUPLICATE_REQUEST",
        "acknowledgment",
    ]
    assert [one.get("id") for one in responses[:4]] == ["a", None, "b", "c"]
    assert responses[8]["duplicate"] and responses[8]["request_id"] == responses[0]["request_id"]
    assert commits == [4] and await aside(AsyncRequest.objects.count) == 2


@pytest.mark.parametrize(
    "body", [{}, {"requests": []}, {"requests": {}}, {"requests": [{}] * 101}, [], {"action": "x"}, {"type": "ping"}]
)
async def test_what_is_no_batch_is_refused_as_a_whole(body: Any, call: Call) -> None:
    answer = await call("post", "batch/", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_MESSAGE")


@pytest.mark.usefixtures("still_buckets")
async def test_each_request_counts_towards_the_limits(call: Call, settings: Settings) -> None:
    settings.STREAMER_SUBMITS_PER_USER, settings.STREAMER_MESSAGES_PER_USER = 0.2, 0.4
    answer = await call("post", "batch/", {"requests": [queued(name) for name in "abcdef"]}, user="ida")
    responses = answer.json()["responses"]
    limits = [one["error"]["details"]["limit"] if one["type"] == "error" else "" for one in responses]
    assert limits == ["", "", "submits", "submits", "messages", "messages"]


async def test_answers_that_are_too_large_together_are_errors(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_BYTES", 3_000)
    items = [{"action": "echo", "payload": {"message": "x" * size}} for size in (2_000, 1_000, 10)]
    responses = (await call("post", "batch/", {"requests": items})).json()["responses"]
    assert [(one["type"], one["index"]) for one in responses] == [("response", 0), ("error", 1), ("response", 2)]
    assert responses[1]["error"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_a_store_that_is_away_fails_the_stored_ones_alone(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> Any:
        raise writer_module.Overloaded

    monkeypatch.setattr(batch, "store", away)
    items = [queued("a"), {"action": "echo", "payload": {"message": 1}}]
    first, second = (await call("post", "batch/", {"requests": items})).json()["responses"]
    assert (first["error"]["code"], first["id"], second["type"]) == ("SERVICE_UNAVAILABLE", "a", "response")
