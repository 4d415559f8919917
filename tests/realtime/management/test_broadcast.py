import pytest
import redis

from realtime.sending import publishing
from tests.realtime.management.conftest import run
from tests.realtime.sending.conftest import OpenKnown, write_rows

pytestmark = pytest.mark.django_db(transaction=True)
COMMAND = "streamer_broadcast"


async def test_it_works(open_known: OpenKnown) -> None:
    connection_id, alice = await open_known()
    _, bob = await open_known(user="bob", permissions=())
    await write_rows()
    ended = await run(COMMAND, "We stop at noon")
    assert (ended.status, ended.output) == (0, "Told 2 connections by way of 1 web process\n")
    assert [(await socket.hear("message"))["data"] for socket in (alice, bob)] == ["We stop at noon"] * 2
    ended = await run(COMMAND, "--data", '{"a": [1]}', "--tenant", "acme", "--user", "bob", "--json")
    assert (ended.status, ended.data) == (0, {"status": "accepted", "accepted": 1, "processes": 1})
    assert (await bob.hear("message"))["data"] == {"a": [1]}
    assert (await run(COMMAND, "Hello", "--connection", str(connection_id))).status == 0
    assert (await alice.hear("message"))["data"] == "Hello"


async def test_a_dry_run_sends_nothing(open_known: OpenKnown) -> None:
    _, alice = await open_known()
    await open_known(user="bob", permissions=("reports.read",))
    await write_rows()
    ended = await run(COMMAND, "Hello", "--permission", "reports.read", "--dry-run")
    assert (ended.status, ended.output) == (0, "It would reach 2 connections; nothing was sent\n")
    ended = await run(COMMAND, "Hello", "--permission", "reports.write", "--dry-run", "--json")
    assert ended.data == {"status": "dry_run", "connections": 1}
    assert (await run(COMMAND, "Hello", "--tenant", "other", "--dry-run")).status == 1
    assert (await alice.ask(type="ping"))["type"] == "pong"


async def test_nobody_is_told_where_nobody_is() -> None:
    ended = await run(COMMAND, "Hello", "--user", "alice")
    assert (ended.status, ended.output) == (1, "No open connection matches; nobody was told\n")


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ([], "one of the arguments TEXT --data is required"),
        (["Hello", "--data", "1"], "not allowed with argument"),
        (["--data", "{"], "--data is not JSON"),
        (["--data", "NaN"], "--data is not JSON"),
        (["--data", "[" * 2000], "--data is not JSON"),
        (["--data", "[" * 100 + "]" * 100], "nested more than 63 levels"),
        (["x" * 70_000], "may have 65,536 bytes"),
        (["Hello", "--connection", "nonsense"], "invalid UUID"),
        (["Hello", "--connection", "00000000-0000-4000-8000-000000000000", "--user", "alice"], "not both"),
        (["Hello", "--user", ""], "user_id is a text"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else "",
)
async def test_wrong_arguments_end_with_2(arguments: list[str], fault: str) -> None:
    ended = await run(COMMAND, *arguments)
    assert ended.status in (1, 2) and fault in ended.fault


async def test_without_redis_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(group: str, order: object) -> int:
        raise redis.ConnectionError("away")

    monkeypatch.setattr(publishing, "_publish_now", fail)
    monkeypatch.setattr(publishing, "FIRST_PAUSE_SECONDS", 0.0)
    ended = await run(COMMAND, "Hello", "--json")
    assert (ended.status, ended.fault) == (2, "Redis does not answer; nobody was told")
    assert ended.data["status"] == "unavailable"
