"""``Prefer: wait``: the end of the request in place of its acknowledgment, if it comes in time."""

import asyncio
from typing import Any

import pytest
from pytest_django import Settings

from jobs.models import AsyncRequest, RequestEvent
from realtime.database import in_database
from realtime.delivery import hub
from realtime.http.requests import waiting
from realtime.revocations.writing import revoke_tokens
from realtime.shared import delivery, drain, registry
from realtime.wire.close_codes import CloseCode
from tests.jobs.building import run_next
from tests.realtime.http.requests.conftest import Call
from tests.realtime.sockets import aside, until

pytestmark = pytest.mark.django_db(transaction=True)
ECHO = {"action": "echo_async", "payload": {"message": "hi"}, "id": "mine"}
WAIT = {"Prefer": "wait=20"}


async def waiting_call(call: Call, body: Any = ECHO, **options: Any) -> "asyncio.Task[Any]":
    """Send a request whose client waits, and return once the wait has begun."""
    before = waiting._open.total()
    task = asyncio.ensure_future(call("post", "", body, headers=options.pop("headers", WAIT), **options))
    await until(lambda: waiting._open.total() > before, "the wait begins")
    while not await aside(AsyncRequest.objects.filter(user_id=options.get("user", "alice")).exists):
        await asyncio.sleep(0.01)
    return task


async def test_it_works(call: Call) -> None:
    task = await waiting_call(call)
    row = await aside(run_next)
    answer = await task
    body = answer.json()
    assert answer.status_code == 200 and answer["Preference-Applied"] == "wait=20"
    assert answer["Location"] == f"/api/requests/{row.id}/" and "Retry-After" not in answer
    assert (body["type"], body["seq"], body["final"], body["id"]) == ("complete", 3, True, "mine")
    events = (await call("get", f"{row.id}/events/")).json()["events"]
    assert body == events[-1]


async def test_an_end_that_is_an_error_is_a_final_message_too(call: Call) -> None:
    task = await waiting_call(call, {"action": "zoo_permanent"})
    await aside(run_next)
    answer = await task
    assert (answer.status_code, answer.json()["type"], answer.json()["final"]) == (200, "error", True)


@pytest.mark.parametrize(
    ("payload", "kind"), [({"seconds": 0, "steps": 1}, "complete"), ({"seconds": 500}, "cancelled")]
)
async def test_the_end_names_the_fields_that_were_left_out(call: Call, payload: dict[str, Any], kind: str) -> None:
    task = await waiting_call(call, {"action": "delay", "payload": {**payload, "setps": 2}})
    if kind == "cancelled":
        (row,) = await aside(lambda: list(AsyncRequest.objects.all()))
        await call("post", f"{row.id}/cancel/")
    else:
        row = await aside(run_next)
    body = (await task).json()
    assert body["type"] == kind
    event = (await call("get", f"{row.id}/events/")).json()["events"][-1]
    warning = {"path": "setps", "message": "this action has no such field; did you mean 'steps'? (ignored)"}
    assert body == {**event, "warnings": [warning]}


async def test_what_takes_longer_is_acknowledged(call: Call) -> None:
    answer = await call("post", "", ECHO, headers={"Prefer": "wait=1"})
    assert (answer.status_code, answer.json()["type"]) == (202, "acknowledgment")
    assert "Preference-Applied" not in answer and answer["Location"]
    assert not delivery()._follows and not waiting._open and not registry().streams.open


async def test_a_duplicate_waits_for_the_end_of_the_first(call: Call) -> None:
    await call("post", "", ECHO)
    task = await waiting_call(call)
    await aside(run_next)
    assert (await task).json()["type"] == "complete"


async def test_a_duplicate_of_what_has_ended_reads_one_message(call: Call) -> None:
    await call("post", "", ECHO)
    row = await aside(run_next)
    await aside(RequestEvent.objects.filter(request_id=row.id, seq__lt=row.last_seq).delete)
    answer = await call("post", "", ECHO, headers=WAIT)
    assert (answer.status_code, answer.json()["type"], answer.json()["seq"]) == (200, "complete", 3)


@pytest.mark.usefixtures("patient_joins")
async def test_a_wait_does_not_ask_the_database_again_and_again(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    async def note(work: Any, *args: Any) -> Any:
        asked.append(work)
        return await in_database(work, *args)

    for module in (hub, waiting):
        monkeypatch.setattr(module, "in_database", note)
    answer = await call("post", "", ECHO, headers={"Prefer": "wait=2"})
    # A second later the hub looks if a hint was lost, as it does for every follower.
    assert answer.status_code == 202 and len(asked) <= 1


async def test_who_hangs_up_leaves_nothing_behind(call: Call) -> None:
    task = await waiting_call(call)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not delivery()._follows and not waiting._open and not registry().streams.open
    assert (await aside(run_next)).status == "completed", "the request goes on"


async def test_so_many_waits_of_a_user_and_further_requests_are_acknowledged_at_once(
    call: Call, settings: Settings
) -> None:
    settings.STREAMER_MAX_CONNECTIONS_PER_USER = 1
    task = await waiting_call(call)
    answer = await call("post", "", {**ECHO, "id": "second"}, headers=WAIT)
    assert answer.status_code == 202
    other = await waiting_call(call, {**ECHO, "id": "third"}, user="bob")
    for _ in range(3):
        await aside(run_next)
    assert [(await one).status_code for one in (task, other)] == [200, 200]


async def test_a_wait_ends_when_the_process_stops(call: Call) -> None:
    task = await waiting_call(call)
    drain().begun = True
    for stream in tuple(registry().streams.open):
        stream.close(CloseCode.DRAIN)
    assert (await task).status_code == 202


async def test_who_is_revoked_meanwhile_does_not_get_the_end(call: Call) -> None:
    task = await waiting_call(call)
    await aside(revoke_tokens, tenant_id="acme", user_id="alice")
    answer = await task
    assert answer.status_code == 401 and answer.json()["error"]["details"] == {"reason": "token_revoked"}


async def test_an_inline_action_does_not_wait(call: Call) -> None:
    answer = await call("post", "", {"action": "echo", "payload": {"message": 1}}, headers=WAIT)
    assert (answer.status_code, answer.json()["type"]) == (200, "response") and "Preference-Applied" not in answer
