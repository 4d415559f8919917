from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import AsyncClient
from pytest_django import Settings

from jobs.contract.registry import all_handlers
from jobs.models import Artifact
from realtime.auth import KeysUnavailable
from realtime.http import authenticated
from realtime.http.requests import events
from tests.conftest import MakeToken
from tests.jobs.building import make_submission, run_next, store
from tests.realtime.sockets import aside, end_all_tasks

pytestmark = pytest.mark.django_db(transaction=True)
Get = Callable[..., Awaitable[Any]]
NOBODYS = "/api/requests/00000000-0000-4000-8000-000000000000/"
ENDPOINTS = ["/api/actions/", NOBODYS, f"{NOBODYS}events/", f"{NOBODYS}artifacts/"]


@pytest.fixture
async def get(async_client: AsyncClient, make_token: MakeToken) -> AsyncIterator[Get]:
    """Return ``await get(path, user="alice", …)``, which sends that user's token; ``token=None`` sends none."""

    async def ask(path: str, *, token: str | None = "", **who: Any) -> Any:
        headers = {} if token is None else {"Authorization": f"Bearer {token or make_token(**who)}"}
        return await async_client.get(path, headers=headers)

    yield ask
    await end_all_tasks()


async def run_one(action: str = "echo_async", **fields: Any) -> str:
    request_id = await aside(store, make_submission(action, **fields))
    await aside(run_next)
    return str(request_id)


@pytest.mark.usefixtures("still_buckets")
@pytest.mark.parametrize("path", [*ENDPOINTS, "/api/datasets/", "/api/feed/", "/api/requests/"])
async def test_each_call_counts_as_a_message(path: str, get: Get, settings: Settings) -> None:
    settings.STREAMER_MESSAGES_PER_USER = 0.2
    first, second, third = [(await get(path, user=f"mary-{path}")).status_code for _ in range(3)]
    assert first == second != 429 and third == 429


async def test_it_works(get: Get) -> None:
    request_id = await run_one(payload={"message": "hi"}, client_id="mine", metadata={"tab": 1})
    response = await get(f"/api/requests/{request_id}/")
    assert response.status_code == 200 and response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert (body["request_id"], body["id"], body["status"]) == (request_id, "mine", "completed")
    assert (body["result"], body["payload"]) == ({"message": "hi"}, {"message": "hi"})
    assert body["artifacts"] == [] and body["metadata"] == {"tab": 1}


async def test_a_request_names_its_files(get: Get) -> None:
    request_id = await run_one("zoo_file")
    body = (await get(f"/api/requests/{request_id}/")).json()
    assert body["artifacts"] == [body["result"]] and body["artifacts"][0]["filename"] == "hello.txt"


async def test_very_many_files_come_in_pages(get: Get) -> None:
    request_id = await run_one("zoo_file")
    row = await Artifact.objects.aget(request_id=request_id)
    more = [copied(row, created_at=row.created_at + timedelta(seconds=number)) for number in range(1, 150)]
    await Artifact.objects.abulk_create(more)
    body = (await get(f"/api/requests/{request_id}/")).json()
    assert (len(body["artifacts"]), body["artifacts_total"]) == (100, 150)
    ids: list[str] = []
    cursor = ""
    while cursor is not None:
        page = (await get(f"/api/requests/{request_id}/artifacts/?limit=70&cursor={cursor}")).json()
        ids += [file["artifact_id"] for file in page["artifacts"]]
        cursor = page["next_cursor"]
    assert ids == [str(one.id) for one in reversed([row, *more])]
    assert (await get(f"/api/requests/{request_id}/artifacts/?cursor=x")).status_code == 400


def copied(row: Artifact, **fields: Any) -> Artifact:
    same = {field.attname: getattr(row, field.attname) for field in row._meta.fields if field.name != "id"}
    return Artifact(**{**same, **fields})


# --- events ----------------------------------------------------------------------------------------------------------


async def test_events_are_those_of_the_socket(get: Get) -> None:
    request_id = await run_one(client_id="mine")
    body = (await get(f"/api/requests/{request_id}/events/")).json()
    assert [event["seq"] for event in body["events"]] == [1, 2, 3] and body["last_seq"] == 3
    assert {(event["id"], event["request_id"]) for event in body["events"]} == {("mine", request_id)}
    assert body["events"][-1]["type"] == "complete" and body["events"][-1]["final"] is True


async def test_events_come_in_pages(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_EVENTS_PAGE", 2)
    request_id = await run_one()
    seqs: list[int] = []
    while len(seqs) < 3:
        body = (await get(f"/api/requests/{request_id}/events/?after_seq={seqs[-1] if seqs else 0}")).json()
        assert 0 < len(body["events"]) <= 2
        seqs += [event["seq"] for event in body["events"]]
    assert seqs == [1, 2, 3]
    assert (await get(f"/api/requests/{request_id}/events/?after_seq=3")).json() == {"events": [], "last_seq": 3}


@pytest.mark.parametrize("number", ["-1", "1.5", "x", "", "9999999999", "٣", "1e3", "%00"])
async def test_a_number_that_is_none_is_refused(number: str, get: Get) -> None:
    response = await get(f"/api/requests/{uuid4()}/events/?after_seq={number}")
    assert response.status_code == 400 and response.json()["error"]["code"] == "VALIDATION_ERROR"


# --- who may see what ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_without_a_token_nothing_is_told(path: str, get: Get, make_token: MakeToken) -> None:
    for token, reason in (
        (None, "token_missing"),
        ("x", "token_invalid"),
        (make_token(ttl_seconds=-60), "token_expired"),
    ):
        response = await get(path, token=token)
        assert response.status_code == 401 and response["WWW-Authenticate"] == "Bearer"
        error = response.json()["error"]
        assert error["code"] == "UNAUTHORIZED" and error["details"] == {"reason": reason}


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_a_token_in_the_url_does_not_count(path: str, get: Get, make_token: MakeToken) -> None:
    assert (await get(f"{path}?token={make_token()}", token=None)).status_code == 401


@pytest.mark.parametrize("who", [{"user": "bob"}, {"tenant": "other"}])
@pytest.mark.parametrize("suffix", ["", "events/", "artifacts/"])
async def test_what_is_foreign_answers_exactly_as_what_does_not_exist(
    who: dict[str, str], suffix: str, get: Get
) -> None:
    request_id = await run_one()
    foreign = await get(f"/api/requests/{request_id}/{suffix}", **who)
    missing = await get(f"/api/requests/{uuid4()}/{suffix}", **who)
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json() == missing.json() and foreign.json()["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
async def test_it_is_there_to_read(method: str, async_client: AsyncClient, make_token: MakeToken) -> None:
    for path in ENDPOINTS:
        response = await getattr(async_client, method)(path, headers={"Authorization": f"Bearer {make_token()}"})
        assert response.status_code == 405


async def test_the_last_slash_may_be_left_out(get: Get) -> None:
    request_id = await run_one()
    assert (await get(f"/api/requests/{request_id}")).status_code == 200
    assert (await get(f"/api/requests/{request_id}/events")).status_code == 200


# --- actions ---------------------------------------------------------------------------------------------------------


async def test_actions_are_listed_with_a_schema_of_their_payload(get: Get) -> None:
    body = (await get("/api/actions/")).json()
    listed = {item["action"]: item for item in body["actions"]}
    assert set(listed) == {name for name, handler in all_handlers().items() if not handler.internal}
    echo = listed["echo"]
    assert echo["description"] == "Send a message and get it back at once." and echo["title"] == "Echo"
    assert "message" in echo["schema"]["properties"] and echo["schema"]["additionalProperties"] is True
    assert listed["delay"]["schema"]["additionalProperties"] is False
    assert {"permission", "queue", "estimated_seconds", "inline_threshold_seconds", "timeout_seconds"} <= echo.keys()
    assert echo["result_schema"]["required"] == ["message"] and listed["zoo_count"]["result_schema"] is None
    assert {"sample"} <= {source["name"] for source in body["sources"]}


async def test_only_those_a_token_may_do_are_listed(get: Get) -> None:
    async def names(*permissions: str) -> set[str]:
        body = (await get("/api/actions/", permissions=permissions)).json()
        return {item["action"] for item in body["actions"]}

    assert "echo" in await names() and "zoo_locked" not in await names()
    assert "zoo_locked" in await names("zoo.enter") and "generate_report" not in await names("zoo.enter")


# --- when something is away ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [OperationalError("password of the inside"), KeysUnavailable()])
async def test_a_part_that_is_away_is_an_answer(error: Exception, get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise error

    monkeypatch.setattr(authenticated, "verify", away)
    response = await get(f"/api/requests/{uuid4()}/")
    assert response.status_code == 503 and response.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert "password" not in response.content.decode()
