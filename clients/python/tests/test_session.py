"""The client over connections that a test controls."""

import asyncio
import gc

import pytest
from fakes.scripted import ScriptedServer
from fakes.virtual_time import loop, run_in_virtual_time

from streamer_client import Client, ConnectionStopped, Handle, Progress, StreamerError
from streamer_client.transports.channel import Unreachable

ID = "5f0c2b1e-7a52-4a53-9c8e-2f4b6f1f0a11"


async def submitted(client: Client, server: ScriptedServer) -> Handle:
    handle = asyncio.create_task(client.submit("report", id="my-1"))
    await loop().settle()
    server.accept()
    await loop().settle()
    assert server.channel is not None and server.channel.sent.popleft()["id"] == "my-1"
    server.channel.push({"type": "acknowledgment", "id": "my-1", "request_id": ID, "position": 4})
    return await handle


def progress(seq: int) -> dict[str, object]:
    return {
        "type": "progress",
        "request_id": ID,
        "seq": seq,
        "attempt": 1,
        "percentage": 10 * seq,
        "message": "Reading",
    }


DONE = {"type": "complete", "request_id": ID, "seq": 3, "result": 7, "final": True}


def test_the_result_may_be_asked_for_beside_the_events() -> None:
    async def main() -> None:
        server = ScriptedServer()
        async with Client("https://streamer.test", token="t", dial=server.dial) as client:
            handle = await submitted(client, server)
            result = asyncio.create_task(handle.result())
            assert handle.acknowledgment["position"] == 4 and server.channel is not None
            for message in (progress(1), progress(2), DONE):
                server.channel.push(message)
            assert await result == 7
            assert await handle.result() == 7
            assert handle.last_seq == 3

    run_in_virtual_time(main())


def test_whoever_stops_iterating_may_still_ask_for_the_result() -> None:
    async def main() -> None:
        server = ScriptedServer()
        async with Client("https://streamer.test", token="t", dial=server.dial) as client:
            handle = await submitted(client, server)
            assert server.channel is not None
            server.channel.push(progress(1))
            async for event in handle:
                assert isinstance(event, Progress) and event.percentage == 10
                break
            server.channel.push(progress(2))
            server.channel.push(DONE)
            assert await handle.result() == 7

    run_in_virtual_time(main())


def test_two_iterations_at_a_time_are_a_mistake() -> None:
    async def main() -> None:
        server = ScriptedServer()
        async with Client("https://streamer.test", token="t", dial=server.dial) as client:
            handle = await submitted(client, server)
            first = asyncio.ensure_future(anext(aiter(handle)))
            await loop().settle()
            with pytest.raises(RuntimeError, match="being read already"):
                await anext(aiter(handle))
            first.cancel()

    run_in_virtual_time(main())


def test_a_handle_that_nobody_holds_is_not_followed() -> None:
    async def main() -> None:
        server = ScriptedServer()
        async with Client("https://streamer.test", token="t", dial=server.dial) as client:
            await submitted(client, server)
            gc.collect()
            await loop().settle()
            assert server.channel is not None
            assert server.channel.sent[-1] == {"type": "unsubscribe", "request_id": ID}

    run_in_virtual_time(main())


def test_a_callback_may_be_a_coroutine_function() -> None:
    async def main() -> None:
        server, seen = ScriptedServer(), []

        async def note(event: Progress) -> None:
            seen.append(event.percentage)

        async with Client("https://streamer.test", token="t", dial=server.dial) as client:
            handle = await submitted(client, server)
            assert server.channel is not None
            for message in (progress(1), progress(2), DONE):
                server.channel.push(message)
            assert await handle.result(on_progress=note) == 7
        assert seen == [10, 20]

    run_in_virtual_time(main())


def test_a_closed_client_fails_what_waits_and_takes_nothing_more() -> None:
    async def main() -> None:
        server = ScriptedServer()
        async with Client("https://streamer.test", token="t", dial=server.dial) as client:
            handle = await submitted(client, server)
            waiting = asyncio.ensure_future(handle.result())
            await loop().settle()
            await client.close()
            with pytest.raises(ConnectionStopped):
                await waiting
            with pytest.raises(ConnectionStopped):
                await client.run("echo")
            await client.close()

    run_in_virtual_time(main())


def test_a_provider_that_fails_is_asked_again() -> None:
    async def main() -> None:
        server, asked = ScriptedServer(), []

        async def provide(*, force: bool) -> str:
            asked.append(force)
            if len(asked) < 3:
                raise OSError("the issuer is away")
            return "t"

        async with Client("https://streamer.test", token_provider=provide, dial=server.dial) as client:
            while not server.is_called:
                await asyncio.sleep(0.1)
            server.accept()
            await client.connect()

    run_in_virtual_time(main())


def test_a_provider_that_gives_up_stops_the_client() -> None:
    async def main() -> None:
        async def provide(*, force: bool) -> str:
            raise StreamerError("Sign in again")

        async with Client("https://streamer.test", token_provider=provide, dial=ScriptedServer().dial) as client:
            with pytest.raises(StreamerError, match="Sign in again"):
                await client.run("echo")

    run_in_virtual_time(main())


def test_a_pause_that_the_service_names_is_kept() -> None:
    async def main() -> None:
        server = ScriptedServer()
        async with Client("https://streamer.test", token="t", dial=server.dial):
            await loop().settle()
            began_at = loop().time()
            server.fail(Unreachable("too many", status=429, retry_after=7))
            while not server.is_called:
                await asyncio.sleep(0.1)
            assert 7 <= loop().time() - began_at < 7.2

    run_in_virtual_time(main())


def test_a_fixed_token_and_a_provider_exclude_each_other() -> None:
    with pytest.raises(TypeError, match="not both"):
        Client("https://streamer.test", token="t", token_provider=lambda *, force: "t")
