"""A channel that carries the messages of ``streamer.v1`` over plain HTTP."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any
from urllib.parse import quote

from streamer_client.errors import Unavailable
from streamer_client.events import Message
from streamer_client.transports.http.api import HttpApi
from streamer_client.transports.http.feed_follower import FeedFollower
from streamer_client.transports.http.follower import Follower
from streamer_client.transports.http.line import Line
from streamer_client.transports.http.pace import Pace
from streamer_client.transports.http.request_follower import RequestFollower
from streamer_client.transports.http.topic_follower import TopicFollower

_FEED = "requests"
_LIST_FIELDS = ("status", "action", "tag", "q", "created_after", "created_before", "limit", "cursor")


class HttpChannel:
    """Answers each message of the client as a socket would. The conversation sees no difference."""

    def __init__(self, api: HttpApi, pace: Pace) -> None:
        self._api = api
        self._line = Line(api, pace)
        self._followers: dict[str, asyncio.Task[None]] = {}
        self._calls: set[asyncio.Task[None]] = set()

    def welcome(self) -> None:
        """Begin as a socket does. There is no heartbeat: every call finds out whether the service is there."""
        self._line.push({"type": "welcome", "heartbeat_seconds": None, "limits": {}})

    def refuse(self, error: dict[str, Any] | None) -> None:
        """Begin as a socket does whose token is not accepted."""
        self._line.unauthorized(error, at_once=True)

    async def receive(self) -> tuple[Message, int]:
        return await self._line.receive()

    async def close(self) -> None:
        self.abort()
        await asyncio.gather(*self._followers.values(), *self._calls, return_exceptions=True)

    def abort(self) -> None:
        for task in (*self._followers.values(), *self._calls):
            task.cancel()

    async def send(self, message: Message) -> None:
        match message:
            case {"type": "received", "request_id": request_id, "seq": seq}:
                self._line.window.received(request_id, seq)
            case {"type": "received", "topic": topic, "seq": seq}:
                self._line.window.received(topic, seq)
            case {"type": "authenticate", "token": token}:
                self._api.token = token
            case {"type": "subscribe", "topic": "requests"}:
                cursor, tag = message.get("cursor", ""), message.get("tag")
                self._follow(_FEED, FeedFollower(self._line, cursor=cursor, tag=tag, question=message["id"]))
            case {"type": "subscribe", "topic": topic}:
                self._follow_topic(topic, message.get("after_seq"), message["id"])
            case {"type": "subscribe", "requests": requests}:
                for one in requests:
                    self._follow_request(one["request_id"], one["after_seq"], message["id"])
            case {"type": "unsubscribe"}:
                self._unfollow(message.get("request_id") or message.get("topic", ""))
            case _:
                self._spawn(self._ask(message))

    # --- following -----------------------------------------------------------------------------------------------

    def _follow_request(self, request_id: str, after_seq: int, question: str | None) -> None:
        self._follow(request_id, RequestFollower(self._line, request_id, after_seq=after_seq, question=question))

    def _follow_topic(self, topic: str, after_seq: int | None, question: str) -> None:
        path = _topic_path(topic)
        self._follow(topic, TopicFollower(self._line, topic, path, after_seq=after_seq, question=question))

    def _follow(self, key: str, follower: Follower) -> None:
        self._unfollow(key)
        self._followers[key] = asyncio.create_task(self._guarded(follower.run()))

    def _unfollow(self, key: str) -> None:
        task = self._followers.pop(key, None)
        if task is not None:
            task.cancel()
        self._line.window.forget(key)

    # --- questions -----------------------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Have the channel end with whatever goes wrong in the background, so that nobody waits for ever."""
        try:
            await work
        except Unavailable:
            self._line.end()
        except Exception:
            self._line.end()
            raise

    async def _ask(self, message: Message) -> None:
        match message["type"]:
            case "request":
                await self._submit(message)
            case "requests":
                await self._submit_many(message["requests"])
            case "ping":
                self._line.push({"type": "pong"})
            case "list":
                params = {name: message[name] for name in _LIST_FIELDS if name in message}
                await self._call(message, "requests", "GET", "api/requests/", params=params)
            case "status":
                await self._call(message, "snapshot", "GET", _path_of(message))
            case "cancel":
                await self._call(message, "snapshot", "POST", f"{_path_of(message)}cancel/", body={})
            case "publish":
                path = _topic_path(message["topic"])
                await self._call(message, "published", "POST", path, body={"data": message["data"]})

    async def _call(
        self,
        message: Message,
        kind: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        answer = await self._api.call(method, path, body=body, params=params)
        self._line.answer(message, kind, answer)

    async def _submit(self, message: Message) -> None:
        answer = await self._api.call("POST", "api/requests/", body=_fields(message))
        self._line.answer(message, "response" if answer.status == 200 else "acknowledgment", answer)
        self._follow_acknowledged(answer.body)

    async def _submit_many(self, messages: list[Message]) -> None:
        body = {"requests": [_fields(one) for one in messages]}
        answer = await self._api.call("POST", "api/requests/batch/", body=body)
        if answer.status == 200:
            for message in answer.body["responses"]:
                self._line.push(message)
                self._follow_acknowledged(message)
            return
        if len(messages) > 1 and (answer.error or {}).get("code") == "PAYLOAD_TOO_LARGE":
            # Nobody has told this channel how much fits into one call.
            middle = len(messages) // 2
            await self._submit_many(messages[:middle])
            await self._submit_many(messages[middle:])
            return
        for message in messages:
            self._line.answer(message, "error", answer)

    def _follow_acknowledged(self, message: Mapping[str, Any]) -> None:
        """Follow what was submitted, as a socket does."""
        request_id = message.get("request_id")
        if message.get("type") == "acknowledgment" and request_id not in self._followers:
            self._follow_request(str(request_id), 0, None)


def _path_of(message: Message) -> str:
    return f"api/requests/{quote(message['request_id'], safe='')}/"


def _topic_path(topic: str) -> str:
    return f"api/topics/{quote(topic, safe='')}/"


def _fields(message: Message) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != "type"}
