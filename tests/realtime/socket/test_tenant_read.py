"""A token with ``tenant.read`` follows, reads and lists what others of its tenant sent, and changes nothing of it."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import AsyncClient

from jobs.models import Artifact
from tests.conftest import MakeToken
from tests.jobs.building import make_submission, row_of, run_next, store
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import aside

pytestmark = pytest.mark.django_db(transaction=True)
READER: dict[str, Any] = {"user": "bob", "permissions": ("tenant.read",)}


async def file_of_alice() -> tuple[str, Artifact]:
    request_id = await aside(store, make_submission("zoo_file"))
    await aside(run_next)
    return str(request_id), await Artifact.objects.aget(request_id=request_id)


async def test_it_works(open_socket: OpenSocket) -> None:
    request_id = str(await aside(store, make_submission("echo_async", payload={"message": 1})))
    reader = await open_socket(**READER)
    assert (await reader.ask(type="subscribe", request_id=request_id))["status"] == "pending"
    await aside(run_next)
    assert [message["seq"] for message in await reader.hear_until("complete")][-1] == 3
    status = await reader.ask(type="status", request_id=request_id)
    assert (status["status"], status["user_id"]) == ("completed", "alice")
    (listed,) = (await reader.ask(type="list"))["requests"]
    assert (listed["request_id"], listed["user_id"]) == (request_id, "alice")


@pytest.mark.parametrize("kind", ["cancel", "regenerate"])
async def test_what_is_read_cannot_be_changed(kind: str, open_socket: OpenSocket) -> None:
    request_id = str(await aside(store, make_submission("zoo_count")))
    reader = await open_socket(**READER)
    refused = await reader.ask(type=kind, request_id=request_id)
    nothing = await reader.ask(type=kind, request_id=str(uuid4()))
    assert refused["error"] == nothing["error"] and refused["error"]["code"] == "NOT_FOUND"
    assert (await aside(row_of, request_id)).status == "pending"


@pytest.mark.parametrize(
    "who", [{"user": "bob"}, {"user": "bob", "permissions": ("tenant.reads",)}, {**READER, "tenant": "other"}]
)
async def test_nobody_else_reads_it(who: dict[str, Any], open_socket: OpenSocket) -> None:
    request_id = str(await aside(store, make_submission("zoo_count")))
    other = await open_socket(**who)
    for kind in ("status", "subscribe"):
        assert (await other.ask(type=kind, request_id=request_id))["error"]["code"] == "NOT_FOUND"
    assert (await other.ask(type="list"))["requests"] == []


async def test_files_stay_their_owners(
    open_socket: OpenSocket, async_client: AsyncClient, make_token: MakeToken
) -> None:
    request_id, file = await file_of_alice()
    reader = await open_socket(**READER)
    await reader.say(type="subscribe", request_id=request_id)
    heard = await reader.hear_until("complete")
    heard += [await reader.ask(type="status", request_id=request_id), await reader.ask(type="list")]
    headers = {"Authorization": f"Bearer {make_token(**READER)}"}

    async def get(path: str) -> Any:
        return await async_client.get(path, headers=headers)

    read = [await get(f"/api/requests/{request_id}/"), await get(f"/api/requests/{request_id}/events/")]
    assert [answer.status_code for answer in read] == [200, 200]
    told = json.dumps(heard) + "".join(answer.content.decode() for answer in read)
    assert file.filename in told and "signature" not in told and "expires=" not in told
    extended = await reader.ask(type="extend", artifact_id=str(file.id), days=1)
    assert extended["error"]["code"] == "NOT_FOUND"
    for path in (f"/api/artifacts/{file.id}/", f"/api/requests/{request_id}/artifacts/"):
        assert (await get(path)).status_code == 404


async def test_who_loses_the_permission_hears_no_more(open_socket: OpenSocket, make_token: MakeToken) -> None:
    request_id = str(await aside(store, make_submission("echo_async")))
    reader = await open_socket(**READER)
    await reader.ask(type="subscribe", request_id=request_id)
    await reader.say(type="authenticate", token=make_token(user="bob", permissions=()))
    await reader.hear_until("authenticated")
    await aside(run_next)
    assert await reader.is_silent(0.3)
