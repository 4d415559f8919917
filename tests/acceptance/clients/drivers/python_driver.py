"""The driver of the Python client: ``python python_driver.py``, with the client on the path."""

import asyncio
import itertools
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import streamer_client
from streamer_client import Handle, StreamerError
from streamer_client.core import reconnect
from streamer_client.transports.http import follower

Command = Mapping[str, Any]
_REQUEST = ("id", "metadata", "on_disconnect")
_ERROR = ("code", "message", "details", "retryable", "retry_after")


def say(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


class Driven:
    """One client, and the calls on it."""

    def __init__(self, command: Command) -> None:
        self.name: str = command["client"]
        self._numbers = itertools.count()
        self._tokens: dict[int, asyncio.Future[str]] = {}
        self._handles: dict[str, Handle] = {}
        options = {"proxy": None, "transport": command.get("transport", "auto")}
        self._client = streamer_client.Client(command["url"], token_provider=self._ask_for_token, **options)
        self._opened = asyncio.create_task(self._client.__aenter__())

    def give_token(self, command: Command) -> None:
        wish = self._tokens.pop(command["number"])
        if not wish.done():  # the client has been closed meanwhile
            wish.set_result(command["token"])

    async def call(self, command: Command) -> None:
        """Do what the command says, and say how it ended."""
        await self._opened
        methods: Mapping[str, Callable[[Command], Awaitable[Mapping[str, Any]]]] = {
            "submit": self._submit,
            "follow": self._follow,
            "run": self._run,
            "cancel": self._cancel,
            "close": self._close,
        }
        try:
            ending = await methods[command["do"]](command)
        except StreamerError as error:
            facts = {name: getattr(error, name) for name in _ERROR}
            ending = {"error": {"kind": type(error).__name__, **facts}}
        say(client=self.name, of=command["as"], **ending)

    async def _ask_for_token(self, *, force: bool) -> str:
        number = next(self._numbers)
        self._tokens[number] = asyncio.get_running_loop().create_future()
        say(client=self.name, wants=number, force=force)
        return await self._tokens[number]

    async def _submit(self, command: Command) -> Mapping[str, Any]:
        options: Any = {name: command[name] for name in _REQUEST if name in command}
        handle = await self._client.submit(command["action"], command["payload"], **options)
        return await self._take(handle, command)

    async def _follow(self, command: Command) -> Mapping[str, Any]:
        return await self._take(self._client.follow(command["request_id"], after_seq=command["after_seq"]), command)

    async def _run(self, command: Command) -> Mapping[str, Any]:
        return {"result": await self._client.run(command["action"], command["payload"])}

    async def _cancel(self, command: Command) -> Mapping[str, Any]:
        await self._handles[command["of"]].cancel()
        return {"end": True}

    async def _close(self, _command: Command) -> Mapping[str, Any]:
        await self._client.close()
        return {"end": True}

    async def _take(self, handle: Handle, command: Command) -> Mapping[str, Any]:
        self._handles[command["as"]] = handle
        async for event in handle.events():
            say(client=self.name, of=command["as"], event=dict(event.raw))
            if pause_seconds := command.get("pause_seconds"):
                await asyncio.sleep(pause_seconds)
        return {"result": await handle.result()}


async def main() -> None:
    # The whole tests may take seconds, and each of hundreds of cuts is followed by a pause of up to that.
    reconnect.BASE_SECONDS = 0.02
    follower.BETWEEN_POLLS_SECONDS = 0.0
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader(limit=16 * 1024 * 1024)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    driven: dict[str, Driven] = {}
    calls = set()
    while line := await commands.readline():
        command = json.loads(line)
        if command["do"] == "open":
            driven[command["client"]] = Driven(command)
        elif command["do"] == "token":
            driven[command["client"]].give_token(command)
        else:
            calls.add(asyncio.create_task(driven[command["client"]].call(command)))


if __name__ == "__main__":
    asyncio.run(main())
