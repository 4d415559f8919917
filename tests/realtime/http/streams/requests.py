"""Requests whose events are asked for over HTTP."""

from typing import Any
from uuid import UUID

from tests.jobs.building import make_submission, run_next, store
from tests.realtime.sockets import aside


def path_of(request_id: object, query: str = "") -> str:
    return f"/api/requests/{request_id}/events/{query}"


async def run_one(action: str = "echo_async", **fields: Any) -> UUID:
    request_id = await aside(store, make_submission(action, **fields))
    await aside(run_next)
    return request_id
