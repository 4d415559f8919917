"""Runs a transcript against the client: the steps of the server, the calls of the application, and the comparison.

``clients/transcripts/README.md`` says what each step means.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fakes.scripted import ScriptedServer, until
from fakes.virtual_time import loop
from streamer_client import Client, Handle, StreamerError, TopicSubscribed
from streamer_client.feed import FeedTruncated

Seen = dict[str, Any]


class Application:
    """Calls the client as a transcript says, and keeps all that it gets."""

    def __init__(self, client: Client) -> None:
        self.seen: dict[str, list[Seen]] = {}
        self._client = client
        self._handles: dict[str, Handle] = {}
        self._allowed: dict[str, asyncio.Semaphore] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def call(self, call: dict[str, Any]) -> None:
        for one in call["requests"] if call["method"] == "submit_many" else [call]:
            self._begin(one)
        self._tasks.append(asyncio.create_task(self._carry_out(call)))

    def take(self, name: str, count: int) -> None:
        for _ in range(count):
            self._allowed[name].release()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    def _begin(self, call: dict[str, Any]) -> None:
        self.seen[call["as"]] = []
        if "takes" in call:
            self._allowed[call["as"]] = asyncio.Semaphore(call["takes"])

    async def _carry_out(self, call: dict[str, Any]) -> None:
        if call["method"] == "submit_many":
            await self._submit_many(call["requests"])
            return
        name = call["as"]
        try:
            seen = await getattr(self, f"_{call['method']}")(name, call)
        except StreamerError as error:
            seen = {"error": error}
        self.seen[name].append(seen)

    async def _run(self, name: str, call: dict[str, Any]) -> Seen:
        return {"result": await self._client.run(call["action"], call.get("payload"), **_options(call))}

    async def _submit(self, name: str, call: dict[str, Any]) -> Seen:
        handle = await self._client.submit(call["action"], call.get("payload"), **_options(call))
        return await self._go_on(name, call, handle)

    async def _submit_many(self, calls: list[dict[str, Any]]) -> None:
        requests = [(call["action"], call.get("payload", {}), _options(call)) for call in calls]
        answers = await self._client.submit_many(requests)  # type: ignore[arg-type]
        await asyncio.gather(*(self._go_on_or_fail(*pair) for pair in zip(calls, answers, strict=True)))

    async def _go_on_or_fail(self, call: dict[str, Any], answer: Handle | StreamerError) -> None:
        try:
            if isinstance(answer, StreamerError):
                raise answer
            seen = await self._go_on(call["as"], call, answer)
        except StreamerError as error:
            seen = {"error": error}
        self.seen[call["as"]].append(seen)

    async def _follow(self, name: str, call: dict[str, Any]) -> Seen:
        handle = self._client.follow(call["request_id"], after_seq=call.get("after_seq", 0))
        return await self._go_on(name, call, handle)

    async def _go_on(self, name: str, call: dict[str, Any], handle: Handle) -> Seen:
        self._handles[name] = handle
        async for event in self._allowed_events(name, handle):
            if event.seq is not None or event.type == "waiting":
                self.seen[name].append({"event": dict(event.raw)})
        return {"end": True} if call.get("result") is False else {"result": await handle.result()}

    async def _allowed_events(self, name: str, handle: Handle) -> AsyncIterator[Any]:
        events = aiter(handle)
        while True:
            if name in self._allowed:
                await self._allowed[name].acquire()
            try:
                yield await anext(events)
            except StopAsyncIteration:
                return

    async def _cancel(self, name: str, call: dict[str, Any]) -> Seen:
        await self._handles[call["of"]].cancel()
        return {"end": True}

    async def _status(self, name: str, call: dict[str, Any]) -> Seen:
        return {"result": dict((await self._handles[call["of"]].status()).raw)}

    async def _feed(self, name: str, call: dict[str, Any]) -> Seen:
        return await self._keep(name, self._client.feed(cursor=call.get("cursor")), FeedTruncated)

    async def _topic(self, name: str, call: dict[str, Any]) -> Seen:
        return await self._keep(
            name, self._client.topic(call["topic"], after_seq=call.get("after_seq")), TopicSubscribed
        )

    async def _keep(self, name: str, events: AsyncIterator[Any], left_out: type) -> Seen:
        async for event in events:
            if not isinstance(event, left_out):
                self.seen[name].append({"event": dict(event.raw)})
        return {"end": True}

    async def _close(self, name: str, call: dict[str, Any]) -> Seen:
        await self._client.close()
        return {"end": True}


class Transcript:
    def __init__(self, transcript: dict[str, Any], welcome: dict[str, Any]) -> None:
        self._steps = transcript["steps"]
        self._expected = transcript["application"]
        self._welcome = welcome
        self._settings = transcript["client"]
        self._names: dict[str, Any] = {}
        self._server = ScriptedServer()
        self._tokens = self._settings.get("tokens", ["token-1", "token-2", "token-3"])

    async def run(self) -> None:
        limit = self._settings.get("queue_limit", 1_000)
        async with Client(
            "https://streamer.test", token_provider=self._token, queue_limit=limit, dial=self._server.dial
        ) as client:
            application = Application(client)
            for step in self._steps:
                await self._do(step, application)
                await loop().settle()
            await asyncio.sleep(1)
            self._compare(application.seen)
            assert self._unexpected() is None, self._unexpected()
            assert not self._server.is_called, "a connection that no step accepted"
            await application.close()

    # --- steps ---------------------------------------------------------------------------------------------------

    async def _do(self, step: dict[str, Any], application: Application) -> None:
        match step:
            case {"call": call}:
                application.call(call)
            case {"take": count, "of": name}:
                application.take(name, count)
            case {"accept": how}:
                await self._called(step)
                self._accept(how)
            case {"fail": _}:
                await self._called(step)
                self._server.fail()
            case {"expect": expected}:
                await self._expect(expected, step.get("within_seconds", 0.2))
            case {"send": frame}:
                await self._send(frame, step.get("seqs"))
            case {"close": code}:
                self._channel.end(code)
            case {"drop": _}:
                self._channel.end(None)
            case {"closed": _}:
                await until(lambda: self._channel.is_over, within_seconds=step.get("within_seconds", 1), what="closed")
            case {"wait": seconds}:
                await asyncio.sleep(seconds)
            case {"silence": seconds}:
                await self._silence(seconds)
            case _:
                raise AssertionError(f"an unknown step: {step}")

    async def _called(self, step: dict[str, Any]) -> None:
        within = step.get("within_seconds", 1)
        took = await until(lambda: self._server.is_called, within_seconds=within, what="a connection")
        assert took >= step.get("after_seconds", 0) - 0.01, f"a connection after {took} s already"

    def _accept(self, how: dict[str, Any]) -> None:
        replaced = how.get("welcome", {})
        channel = self._server.accept(None if replaced is False else {**self._welcome, **replaced})
        assert "token" not in how or channel.token == how["token"]

    async def _expect(self, expected: dict[str, Any], within_seconds: float) -> None:
        kind = expected.get("type", "request")
        await until(lambda: self._next_frame(kind) is not None, within_seconds=within_seconds, what=f"{expected}")
        frame = self._next_frame(kind)
        assert self._fits(expected, _plain(frame)), f"expected {expected}, got {frame}"
        self._channel.sent.popleft()

    def _next_frame(self, kind: str) -> dict[str, Any] | None:
        """Return the next frame that the step may look at. Those that are skipped are let go."""
        sent = self._channel.sent
        while sent and sent[0]["type"] in ("received", "ping") and sent[0]["type"] != kind:
            sent.popleft()
        return sent[0] if sent else None

    async def _send(self, frame: dict[str, Any], seqs: list[int] | None) -> None:
        filled = self._filled(frame)
        if seqs is None:
            self._channel.push(filled)
            return
        for seq in range(seqs[0], seqs[1] + 1):
            self._channel.push({**filled, "seq": seq})

    async def _silence(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await loop().settle()
        frames = [] if self._channel.is_over else [one for one in self._channel.sent if one["type"] != "received"]
        assert not frames, f"silence was broken by {frames}"
        assert not self._server.is_called, "silence was broken by a connection"

    @property
    def _channel(self) -> Any:
        assert self._server.channel is not None
        return self._server.channel

    def _unexpected(self) -> dict[str, Any] | None:
        return None if self._server.channel is None or self._channel.is_over else self._next_frame("none")

    async def _token(self, *, force: bool) -> str:
        if force:
            self._tokens = self._tokens[1:]
        return str(self._tokens[0])

    # --- comparison ----------------------------------------------------------------------------------------------

    def _compare(self, seen: dict[str, list[Seen]]) -> None:
        for name, got in seen.items():
            wanted = [one for item in self._expected if item["of"] == name for one in _spread(item)]
            assert len(got) == len(wanted), f"{name}: {got}"
            for expected, one in zip(wanted, got, strict=True):
                assert self._is_seen(expected, one), f"{name}: expected {expected}, got {one}"

    def _is_seen(self, expected: Seen, got: Seen) -> bool:
        if "error" in expected:
            return "error" in got and self._is_error(expected["error"], got["error"])
        key = next(key for key in ("event", "result", "end") if key in expected)
        return key in got and self._fits(expected[key], got[key])

    def _is_error(self, expected: dict[str, Any], error: StreamerError) -> bool:
        classes = [base.__name__ for base in type(error).__mro__]
        fields = {name: value for name, value in expected.items() if name != "kind"}
        return expected.get("kind", "StreamerError") in classes and all(
            self._fits(value, getattr(error, name)) for name, value in fields.items()
        )

    def _fits(self, expected: Any, got: Any) -> bool:
        if isinstance(expected, dict):
            return isinstance(got, dict) and all(self._fits_field(name, one, got) for name, one in expected.items())
        if isinstance(expected, list):
            return (
                isinstance(got, list)
                and len(got) == len(expected)
                and all(self._fits(*pair) for pair in zip(expected, got, strict=True))
            )
        if isinstance(expected, str) and expected.startswith("$"):
            return bool(self._names.setdefault(expected, got) == got)
        return bool(expected == got)

    def _fits_field(self, name: str, expected: Any, got: dict[str, Any]) -> bool:
        if name in got:
            return self._fits(expected, got[name])
        if isinstance(expected, str) and expected.startswith("$"):
            return self._names.setdefault(expected, None) is None
        return name == "type" and expected == "request"

    def _filled(self, frame: dict[str, Any]) -> dict[str, Any]:
        fields = {
            name: self._names.get(value, value) if isinstance(value, str) and value.startswith("$") else value
            for name, value in frame.items()
        }
        return {name: value for name, value in fields.items() if value is not None or frame[name] is None}


def _options(call: dict[str, Any]) -> dict[str, Any]:
    return {name: call[name] for name in ("id", "metadata") if name in call}


def _plain(frame: dict[str, Any] | None) -> dict[str, Any]:
    """Put the fields of a single subscription at the top."""
    assert frame is not None
    wanted = frame.get("requests", [])
    return {**frame, **wanted[0]} if frame["type"] == "subscribe" and len(wanted) == 1 else frame


def _spread(item: Seen) -> list[Seen]:
    if "seqs" not in item:
        return [item]
    return [{"event": {"seq": seq}} for seq in range(item["seqs"][0], item["seqs"][1] + 1)]
