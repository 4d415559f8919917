"""A request followed by questions that wait."""

import asyncio
from uuid import uuid4

import pytest

from realtime.revocations.writing import revoke_tokens
from realtime.shared import delivery, drain, registry
from realtime.wire.close_codes import CloseCode
from tests.jobs.building import make_submission, run_next, store
from tests.realtime.following import complete, members, started_with
from tests.realtime.http.streams.conftest import Get
from tests.realtime.http.streams.requests import path_of, run_one
from tests.realtime.sockets import aside, until

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_poll_waits_for_the_first_message(get: Get) -> None:
    request_id = await aside(store, make_submission("echo_async"))
    polling = asyncio.create_task(get(path_of(request_id, "?wait=60")))
    await until(lambda: members(request_id), "it follows")
    await aside(run_next)
    body = (await polling).json()
    assert body["events"][0]["seq"] == 1 and body["last_seq"] >= len(body["events"])
    assert registry().streams.open == set() and delivery()._follows == {}


async def test_a_poll_without_news_ends_in_time(get: Get) -> None:
    claimed = await aside(started_with, 1)
    assert (await get(path_of(claimed.request_id, "?after_seq=2&wait=1"))).json() == {"events": [], "last_seq": 2}


async def test_a_poll_waits_for_nothing_that_is_there_or_cannot_come(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.http.requests.events.wait_for_events", None)
    request_id = await run_one()
    assert len((await get(path_of(request_id, "?wait=60"))).json()["events"]) == 3
    assert (await get(path_of(request_id, "?after_seq=3&wait=60"))).json() == {"events": [], "last_seq": 3}


@pytest.mark.parametrize("wait", ["61", "-1", "x", "1.5", ""])
async def test_a_wait_that_is_none_is_refused(wait: str, get: Get) -> None:
    answer = await get(path_of(uuid4(), f"?wait={wait}"))
    assert answer.status_code == 400 and "wait" in answer.json()["error"]["message"]


async def test_a_revoked_poll_is_an_error_at_once(get: Get) -> None:
    request_id = await aside(store, make_submission())
    polling = asyncio.create_task(get(path_of(request_id, "?wait=60")))
    await until(lambda: registry().streams.open, "it waits")
    await aside(lambda: revoke_tokens(user_id="alice"))
    answer = await polling
    assert answer.status_code == 401 and answer.json()["error"]["details"] == {"reason": "token_revoked"}


async def test_polls_hold_up_no_stop(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = await aside(store, make_submission())
    polling = asyncio.create_task(get(path_of(request_id, "?wait=60")))
    await until(lambda: registry().streams.open, "it waits")
    for one in tuple(registry().streams.open):
        one.close(CloseCode.DRAIN)
    assert (await polling).json() == {"events": [], "last_seq": 0}
    monkeypatch.setattr(drain(), "begun", True)
    assert (await get(path_of(request_id, "?wait=60"))).json() == {"events": [], "last_seq": 0}


async def test_a_poll_of_a_request_that_ends_meanwhile_has_its_end(get: Get) -> None:
    claimed = await aside(started_with, 1)
    polling = asyncio.create_task(get(path_of(claimed.request_id, "?after_seq=2&wait=60")))
    await until(lambda: members(claimed.request_id), "it follows")
    await aside(complete, claimed)
    (event,) = (await polling).json()["events"]
    assert event["final"] is True
