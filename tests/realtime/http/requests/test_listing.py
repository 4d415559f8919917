"""The list over HTTP: the same pages as on the socket, narrowed by the same filters."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from jobs.models import RequestTag
from tests.conftest import MakeToken
from tests.jobs.building import change, make_submission, run_next, store
from tests.realtime.conftest import OpenSocket
from tests.realtime.http.requests.conftest import Call
from tests.realtime.sockets import aside

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


async def listed(call: Call, query: str = "", **who: Any) -> list[str]:
    answer = await call("get", f"?{query}", **who)
    assert answer.status_code == 200, answer.content
    return [one["request_id"] for one in answer.json()["requests"]]


async def test_it_works(call: Call) -> None:
    ids = [str(await aside(store, make_submission("echo_async", tags=("t",)))) for _ in range(3)]
    await aside(store, make_submission(user="bob"))
    first = (await call("get", "?limit=2")).json()
    assert [one["request_id"] for one in first["requests"]] == ids[:0:-1]
    assert first["requests"][0]["tags"] == ["t"] and first["requests"][0]["status"] == "pending"
    second = (await call("get", f"?limit=2&cursor={first['next_cursor']}")).json()
    assert [one["request_id"] for one in second["requests"]] == ids[:1] and second["next_cursor"] is None
    assert (await call("get", "?status=&action=&tag=&limit=&cursor=&unknown=1")).status_code == 200


async def test_words_are_looked_for(call: Call) -> None:
    request_id = str(await aside(store, make_submission("echo_async", tags=("nightly run",))))
    assert await listed(call, "q=night%20echo") == [request_id]
    assert await listed(call, "q=zebra") == []
    assert (await call("get", f"?q={'x' * 201}")).status_code == 400


async def test_it_can_be_narrowed(call: Call) -> None:
    done = str(await aside(store, make_submission("echo_async", payload={"message": 1}, tags=("a b",))))
    await aside(run_next)
    waits = str(await aside(store, make_submission(tags=("a b", "c"))))
    assert await listed(call, "status=completed") == [done] == await listed(call, "tag=a+b&action=echo_async")
    assert await listed(call, "tag=a%20b") == [waits, done] and await listed(call, "tag=c&status=pending") == [waits]
    assert await listed(call, "tag=none") == [] == await listed(call, "tag=c", user="bob")


async def test_a_tenant_reader_finds_the_tags_of_all(call: Call) -> None:
    bobs = str(await aside(store, make_submission(user="bob", tags=("t",))))
    await aside(store, make_submission(user="bob", tenant="other", tags=("t",)))
    answer = await call("get", "?tag=t", permissions=("tenant.read",))
    assert [(one["request_id"], one["user_id"]) for one in answer.json()["requests"]] == [(bobs, "bob")]


@pytest.mark.parametrize(
    "moment",
    [
        str(int(NOON.timestamp())),
        f"{NOON.timestamp()}",
        "2026-01-31T12:00:00Z",
        "2026-01-31T13:00:00%2B01:00",
        "2026-01-31T13:00:00+01:00",
        quote("2026-01-31 12:00:00.000+00:00"),
    ],
)
async def test_moments_are_unix_seconds_or_iso_8601(moment: str, call: Call) -> None:
    ids = []
    for seconds in (-1, 0, 1):
        request_id = await aside(store, make_submission(tags=("t",)))
        at = NOON + timedelta(seconds=seconds)
        await aside(change, request_id, created_at=at)
        await aside(RequestTag.objects.filter(request_id=request_id).update, created_at=at)
        ids.append(str(request_id))
    for tag in ("", "t"):
        assert await listed(call, f"tag={tag}&created_after={moment}") == [ids[2], ids[1]]
        assert await listed(call, f"tag={tag}&created_before={moment}") == [ids[0]]


@pytest.mark.parametrize(
    "query",
    [
        "status=done",
        "action=" + "x" * 65,
        "tag=" + "x" * 65,
        "limit=0",
        "limit=201",
        "limit=1.5",
        "cursor=none",
        "cursor=" + "x" * 201,
        "created_after=yesterday",
        "created_after=2026-01-31T12:00:00",
        "created_before=-1",
        "created_before=nan",
        "created_before=999999999999",
        "created_after=0001-01-01T00:00:00%2B23:59",
        "created_after=9999-12-31T23:59:59-23:59",
        "tag=%00",
    ],
)
async def test_a_filter_that_is_none_is_refused(query: str, call: Call) -> None:
    answer = await call("get", f"?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")


async def test_the_socket_has_the_same_filters(open_socket: OpenSocket, make_token: MakeToken) -> None:
    request_id = str(await aside(store, make_submission(tags=("t",))))
    await aside(change, request_id, created_at=NOON)
    await aside(RequestTag.objects.update, created_at=NOON)
    socket = await open_socket()
    at = NOON.timestamp()
    for filters, count in (
        ({"tag": "t"}, 1),
        ({"tag": "u"}, 0),
        ({"created_after": at}, 1),
        ({"created_before": at}, 0),
        ({"tag": "t", "created_after": at, "created_before": at + 0.5}, 1),
    ):
        answer = await socket.ask(type="list", **filters)
        assert len(answer["requests"]) == count, filters
    assert (await socket.ask(type="list", created_after="now"))["error"]["code"] == "VALIDATION_ERROR"
