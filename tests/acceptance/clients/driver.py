"""A process that runs a client of one language, and does with it what a test says.

Commands and answers are JSON, one object a line. The words are those of clients/transcripts.
"""

import asyncio
import json
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from tests.acceptance.streams import Message, assert_is_whole

DEADLINE_SECONDS = 30.0
_LINE_BYTES = 16 * 1024 * 1024
TokenSource = Callable[[bool], str]
"""Returns a token; it gets ``force``, which is true when the present one will not do."""
_ENDS = ("result", "error", "end")


@dataclass
class Sight:
    """The events and the end that one call of the application has given so far."""

    events: list[Message] = field(default_factory=list)
    ending: Message | None = None
    """``{"result": …}``, ``{"error": …}`` or ``{"end": true}``; None while it goes on."""

    @property
    def numbered(self) -> list[Message]:
        return [event for event in self.events if "seq" in event and event["type"] != "snapshot"]

    @property
    def seqs(self) -> list[int]:
        return [event["seq"] for event in self.numbered]

    def take(self, line: Message) -> None:
        if "event" in line:
            self.events.append(line["event"])
        else:
            assert self.ending is None, f"after its end came {line}"
            self.ending = {name: line[name] for name in _ENDS if name in line}


class Driver:
    """A running driver. ``argv`` starts it."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self._argv = argv
        self._env = env
        self._clients: dict[str, DrivenClient] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def process(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError("the driver is not running")
        return self._process

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *self._argv, stdin=pipe, stdout=pipe, env={**os.environ, **self._env}, limit=_LINE_BYTES
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin is not None and self._reading is not None
        # The end of its input is the end of the driver.
        self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), 5)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        await self._reading

    def open(self, url: str, token: TokenSource, **options: Any) -> "DrivenClient":
        """Make a client for the service at this URL. It connects when it has something to do."""
        client = DrivenClient(f"client-{len(self._clients)}", self.say, token)
        self._clients[client.name] = client
        self.say({"do": "open", "client": client.name, "url": url, **options})
        return client

    def say(self, command: Message) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command).encode() + b"\n")

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            message = json.loads(line)
            self._clients[message["client"]].hear(message)
        for client in self._clients.values():
            client.end()


class DrivenClient:
    """One client in a driver, as an application sees it."""

    def __init__(self, name: str, say: Callable[[Message], None], token: TokenSource) -> None:
        self.name = name
        self.sights: defaultdict[str, Sight] = defaultdict(Sight)
        self.forced = 0
        """The number of tokens that the client wanted with ``force``."""
        self._say = say
        self._token = token
        self._news = asyncio.Event()
        self._has_ended = False

    def submit(self, name: str, action: str, payload: Mapping[str, Any], **fields: Any) -> Sight:
        return self._call("submit", name, action=action, payload=payload, **fields)

    def follow(self, name: str, request_id: str, after_seq: int = 0, **fields: Any) -> Sight:
        return self._call("follow", name, request_id=request_id, after_seq=after_seq, **fields)

    def run(self, name: str, action: str, payload: Mapping[str, Any]) -> Sight:
        return self._call("run", name, action=action, payload=payload)

    def cancel(self, name: str, of: str) -> Sight:
        return self._call("cancel", name, of=of)

    def close(self) -> Sight:
        return self._call("close", "close")

    async def until(
        self,
        look: Callable[[], object],
        what: str,
        seconds: float = DEADLINE_SECONDS,
        *,
        poll_seconds: float | None = None,
    ) -> None:
        """Wait until ``look`` returns something true. It is called again whenever the application sees more.

        ``poll_seconds``: and as often as that, for what the application does not see.
        """
        try:
            async with asyncio.timeout(seconds):
                while not look():
                    assert not self._has_ended, f"the driver has ended before {what}; {self._state()}"
                    self._news.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), poll_seconds)
        except TimeoutError:
            raise AssertionError(f"not within {seconds:.0f} s: {what}; {self._state()}") from None

    async def more(self, sight: Sight, had: int = 0) -> None:
        """Wait until a call has given more events than ``had``, or has ended."""
        await self.until(lambda: len(sight.events) > had or sight.ending, f"more than {had} events")

    async def ending(self, sight: Sight, seconds: float = DEADLINE_SECONDS) -> Message:
        """Wait until a call has come to its end, and return that."""
        await self.until(lambda: sight.ending is not None, "an end", seconds)
        assert sight.ending is not None
        return sight.ending

    async def whole(self, sight: Sight, *, after_seq: int = 0, seconds: float = DEADLINE_SECONDS) -> list[Message]:
        """Wait for the end. Return the numbered events, which must be all, each once and in order."""
        ending = await self.ending(sight, seconds)
        assert "error" not in ending, ending
        assert_is_whole(sight.numbered, after_seq=after_seq)
        return sight.numbered

    def hear(self, message: Message) -> None:
        if "wants" in message:
            self.forced += message["force"]
            token = self._token(message["force"])
            self._say({"do": "token", "client": self.name, "number": message["wants"], "token": token})
        else:
            self.sights[message["of"]].take(message)
        self._news.set()

    def end(self) -> None:
        self._has_ended = True
        self._news.set()

    def _call(self, method: str, name: str, **fields: Any) -> Sight:
        self._say({"do": method, "client": self.name, "as": name, **fields})
        return self.sights[name]

    def _state(self) -> str:
        ends = {name: (sight.seqs[-3:], sight.ending) for name, sight in self.sights.items()}
        return f"last numbers and ends: {ends}"
