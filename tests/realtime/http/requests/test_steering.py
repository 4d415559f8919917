"""Cancel and retry over HTTP."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from jobs.models import AsyncRequest
from tests.jobs.building import claim, make_submission, row_of, run_next, store
from tests.realtime.http.requests.conftest import Call
from tests.realtime.sockets import aside

pytestmark = pytest.mark.django_db(transaction=True)


async def stored(**fields: Any) -> UUID:
    fields = {"payload": {"message": "hi"}, **fields}
    request_id: UUID = await aside(store, make_submission("echo_async", **fields))
    return request_id


async def finished(**fields: Any) -> UUID:
    request_id = await stored(**fields)
    await aside(run_next)
    return request_id


async def test_a_waiting_one_is_cancelled_at_once(call: Call) -> None:
    request_id = await stored(client_id="mine")
    answer = await call("post", f"{request_id}/cancel/")
    body = answer.json()
    assert answer.status_code == 200 and (body["type"], body["reason"]) == ("snapshot", "cancel")
    assert (body["request_id"], body["id"], body["status"]) == (str(request_id), "mine", "cancelled")


async def test_a_running_one_is_asked_to_stop(call: Call) -> None:
    request_id = await stored()
    await aside(claim)
    for _ in range(2):
        answer = await call("post", f"{request_id}/cancel")
        assert answer.status_code == 202
        assert (answer.json()["status"], answer.json()["cancel_requested"]) == ("processing", True)


async def test_too_late_is_a_conflict(call: Call) -> None:
    answer = await call("post", f"{await finished()}/cancel/")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["details"]) == (
        409,
        "VALIDATION_ERROR",
        {"status": "completed"},
    )


async def test_retry_does_it_again_as_a_new_one(call: Call) -> None:
    origin = await finished(client_id="old", metadata={"tab": 1}, tags=("t",))
    answer = await call("post", f"{origin}/retry/", {"id": "new"})
    body = answer.json()
    assert (answer.status_code, body["type"], body["id"], body["duplicate"]) == (202, "acknowledgment", "new", False)
    assert answer["Location"] == f"/api/requests/{body['request_id']}/"
    row = await aside(row_of, UUID(body["request_id"]))
    assert (row.redo_of, row.metadata, row.tags) == (origin, {"tab": 1, "regenerated_from": str(origin)}, ["t"])
    again = await call("post", f"{origin}/retry/", headers={"Idempotency-Key": "new"})
    assert again.json()["duplicate"] is True
    assert (await call("post", f"{origin}/retry")).json()["duplicate"] is False


async def test_what_goes_on_is_not_done_again(call: Call) -> None:
    answer = await call("post", f"{await stored()}/retry/")
    assert (answer.status_code, answer.json()["error"]["details"]) == (409, {"status": "pending"})


@pytest.mark.parametrize("body", [b"{", b"[]", {"id": ""}, {"id": 7}, {"id": "x" * 129}, {"id": "\x00"}, {"id": "old"}])
async def test_a_retry_with_a_bad_id_is_refused(body: Any, call: Call) -> None:
    origin = await finished(client_id="old")
    answer = await call("post", f"{origin}/retry/", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert await aside(AsyncRequest.objects.count) == 1


@pytest.mark.parametrize("who", [{"user": "bob"}, {"tenant": "other"}, {"user": "bob", "permissions": ["tenant.read"]}])
@pytest.mark.parametrize("verb", ["cancel", "retry"])
async def test_what_is_foreign_answers_exactly_as_what_does_not_exist(
    who: dict[str, Any], verb: str, call: Call
) -> None:
    request_id = await stored()
    foreign = await call("post", f"{request_id}/{verb}/", **who)
    missing = await call("post", f"{uuid4()}/{verb}/", **who)
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json() == missing.json() and foreign.json()["error"]["code"] == "NOT_FOUND"
    assert (await aside(row_of, request_id)).cancel_requested_at is None


@pytest.mark.parametrize("verb", ["cancel", "retry"])
async def test_they_are_no_reads(verb: str, call: Call) -> None:
    assert (await call("get", f"{uuid4()}/{verb}/")).status_code == 405
