"""A feed goes to every socket of its user, so it leaves out what is large."""

from typing import Any

import pytest

from jobs.errors import ErrorCode, error_body
from jobs.log.events import append
from jobs.log.outcomes import Completed, Failed, Outcome
from tests.jobs.building import claim, make_submission, store
from tests.realtime.conftest import OpenSocket
from tests.realtime.delivery.test_feed import subscribe, told
from tests.realtime.sockets import aside

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("outcome", "kept", "omitted"),
    [
        (Completed(result={"text": "x" * 60_000}, artifacts=[]), {}, ["result"]),
        (
            Failed(
                error=error_body(ErrorCode.PROCESSING_FAILED, "No", details={"x": "y" * 9_000}), receipt="z" * 9_000
            ),
            {"error": {"code": "PROCESSING_FAILED", "message": "No", "retryable": False}},
            ["receipt", "error.details"],
        ),
    ],
    ids=["result", "failure"],
)
async def test_what_is_large_is_named_and_not_sent_to_everybody(
    outcome: Outcome, kept: dict[str, Any], omitted: list[str], open_socket: OpenSocket
) -> None:
    socket = await open_socket()
    await subscribe(socket)
    request_id = await aside(store, make_submission())
    claimed = await aside(claim)
    await aside(append, request_id, [outcome.draft()], where=claimed.fence, changes=outcome.changes())
    state = await told(socket, request_id, outcome.changes()["status"])
    assert state["omitted"] == omitted and len(str(state)) < 2_000
    assert {name: state.get(name) for name in ("result", "receipt", "error") if name in state} == kept
    await socket.say(type="status", request_id=str(request_id))
    full = await socket.hear("snapshot")
    assert "omitted" not in full and all(full.get(name.partition(".")[0]) for name in omitted)
