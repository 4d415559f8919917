import uuid
from types import SimpleNamespace

import pytest
import redis

from realtime.sending import asking, publishing
from realtime.shared import registry
from tests.realtime.management.conftest import run
from tests.realtime.sending.conftest import OpenKnown, write_rows

pytestmark = pytest.mark.django_db(transaction=True)
COMMAND = "streamer_connections"


def ail(connection_id: uuid.UUID) -> None:
    """Let a ping of this connection be without an answer for long."""
    registry().open[connection_id].transport = SimpleNamespace(round_trip_seconds=0.0124, unanswered_seconds=12.0)


async def test_it_works(open_known: OpenKnown) -> None:
    alice, _ = await open_known()
    bob, _ = await open_known(user="bob", permissions=())
    await write_rows()
    ended = await run(COMMAND, "list")
    assert ended.status == 0 and "2 connections" in ended.output and str(alice) in ended.output
    for arguments, found in (
        (["--user", "bob"], [bob]),
        (["--permission", "reports.read"], [alice]),
        (["--limit", "1"], [bob]),
        (["--tenant", "other"], []),
    ):
        ended = await run(COMMAND, "list", "--json", *arguments)
        assert [item["id"] for item in ended.data["connections"]] == list(map(str, found))
        assert (ended.status, ended.data["healths_known"]) == (0, True)
    (shown,) = ended.data["connections"] or [(await run(COMMAND, "show", str(bob), "--json")).data]
    assert (shown["user_id"], shown["closed_at"], shown["health"]["problems"]) == ("bob", None, [])


async def test_those_with_problems_are_found(open_known: OpenKnown) -> None:
    alice, _ = await open_known()
    await open_known(user="bob")
    await write_rows()
    ended = await run(COMMAND, "list", "--unhealthy")
    assert (ended.status, ended.output) == (0, "0 connections\n")
    ail(alice)
    ended = await run(COMMAND, "list", "--unhealthy", "--json")
    (found,) = ended.data["connections"]
    assert ended.status == 1 and found["id"] == str(alice)
    assert found["health"] == {
        "round_trip_ms": 12.4,
        "unanswered_seconds": 12.0,
        "waiting_bytes": 0,
        "failed": 0,
        "problems": ["no pong"],
    }
    assert (await run(COMMAND, "list", "--unhealthy", "--user", "bob")).status == 0
    assert "no pong" in (await run(COMMAND, "list")).output


async def test_one_that_has_ended_is_shown_with_its_reason(open_known: OpenKnown) -> None:
    connection_id, socket = await open_known()
    ended = await run(COMMAND, "kick", str(connection_id), "--code", "4000")
    assert (ended.status, ended.output) == (0, "1 connection is being closed with 4000\n")
    assert (await socket.hear_goodbye())["code"] == 4000
    await socket.leave()
    await write_rows()
    ended = await run(COMMAND, "show", str(connection_id))
    assert ended.status == 1 and "drain" in ended.output
    assert (await run(COMMAND, "kick", str(connection_id))).status == 1
    assert (await run(COMMAND, "list", "--json")).data["connections"] == []


async def test_many_are_closed_by_filters_and_no_others(open_known: OpenKnown) -> None:
    _, alice = await open_known()
    _, bob = await open_known(user="bob")
    await write_rows()
    ended = await run(COMMAND, "kick", "--user", "alice", "--tenant", "acme", "--json")
    assert ended.data == {"status": "accepted", "accepted": 1, "processes": 1}
    assert (await alice.hear_goodbye())["code"] == 4501
    assert (await bob.ask(type="ping"))["type"] == "pong"


@pytest.mark.parametrize(
    ("arguments", "status", "fault"),
    [
        (["show", str(uuid.uuid4())], 1, "There is no connection"),
        (["kick"], 2, "Name a connection, or filters"),
        (["kick", str(uuid.uuid4()), "--user", "alice"], 2, "not both"),
        (["kick", "--user", "alice", "--code", "1000"], 2, "1000 is no close code"),
        (["list", "--limit", "0"], 2, "--limit must be at least 1"),
        (["list", "--tenant", ""], 2, "tenant_id is a text"),
    ],
)
async def test_nothing_found_and_wrong_arguments_have_a_status(arguments: list[str], status: int, fault: str) -> None:
    ended = await run(COMMAND, *arguments)
    assert ended.status == status and fault in ended.fault


async def test_without_redis_rows_are_listed_and_health_is_not_known(
    open_known: OpenKnown, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(group: str, order: object) -> int:
        raise redis.ConnectionError("away")

    await open_known()
    await write_rows()
    monkeypatch.setattr(publishing, "_publish_now", fail)
    monkeypatch.setattr(publishing, "FIRST_PAUSE_SECONDS", 0.0)
    ended = await run(COMMAND, "list")
    assert ended.status == 0 and "not told" in ended.output and "Not every web process" in ended.output
    assert (await run(COMMAND, "list", "--unhealthy")).status == 2


async def test_a_process_that_does_not_answer_is_not_waited_for(
    open_known: OpenKnown, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_known()
    monkeypatch.setattr(asking, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(publishing, "_publish_now", lambda group, order: 1)
    assert (await run(COMMAND, "list", "--unhealthy")).status == 2
