"""A service that takes one request over HTTP, and an application that follows it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fakes.scripted_http import Request, Response, as_events, as_json
from streamer_client import Client

ID = "5f0c2b1e-7a52-4a53-9c8e-2f4b6f1f0a11"
EVENTS = f"/api/requests/{ID}/events/"
ACKNOWLEDGMENT = {"type": "acknowledgment", "id": "my-1", "request_id": ID, "status": "queued"}
DONE = {"type": "complete", "request_id": ID, "seq": 3, "result": {"rows": 7}, "final": True}
Route = Callable[[Request], Awaitable[Response] | Response]


def partial(seq: int) -> dict[str, Any]:
    return {"type": "partial", "request_id": ID, "seq": seq, "data": seq}


def service(**routes: Route | Response) -> Callable[[Request], Awaitable[Response]]:
    """Answer as a service that takes one request. ``events`` and others replace what is answered."""
    answers: dict[tuple[str, str], Any] = {
        ("GET", "/api/requests/"): routes.get("probe", as_json({"requests": [], "next_cursor": None})),
        ("POST", "/api/requests/"): routes.get("submit", as_json(ACKNOWLEDGMENT, 202)),
        ("POST", "/api/requests/batch/"): routes.get("batch", Response(404)),
        ("GET", EVENTS): routes.get("events", as_events(partial(1), partial(2), DONE)),
        ("GET", f"/api/requests/{ID}/"): routes.get("detail", as_json({"status": "completed", "seq": 3})),
        ("GET", "/ws/"): routes.get("websocket", Response(426)),
    }

    async def answer(request: Request) -> Response:
        found = answers.get((request.method, request.path), Response(404))
        if isinstance(found, Response):
            return found
        got = found(request)
        return got if isinstance(got, Response) else await got

    return answer


async def run(url: str, **options: Any) -> list[int | None]:
    """Submit the request, take its events, and return their numbers once the result is right."""
    async with asyncio.timeout(10):
        async with Client(url, token="a-token", proxy=None, **options) as client:
            handle = await client.submit("report", {}, id="my-1")
            seqs = [event.seq async for event in handle]
            assert await handle.result() == {"rows": 7}
            return seqs
