"""To have a finished request done again, as a new one: the message ``regenerate``."""

from collections.abc import Awaitable, Callable, Sequence

from django.db.models import Q

from jobs.contract.registry import all_handlers
from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.models import AsyncRequest
from jobs.requests.regeneration import NotFinished, find_finished, traced_metadata
from realtime.auth import Identity
from realtime.database import in_database
from realtime.socket.router import Refusal, route
from realtime.socket.submitting import Chosen
from realtime.wire.messages import Regenerate, Request
from realtime.wire.protocol import encode_error


async def answer_regenerate(
    message: Regenerate,
    *,
    identity: Identity,
    owner: Callable[[], Q],
    submit: Callable[[Sequence[Chosen]], Awaitable[None]],
    push: Callable[[str], None],
) -> None:
    """Submit it again for whoever asks now: with the permissions of the present token, under the caps as usual."""
    row, fault = await in_database(_find, message, owner())
    if fault is None and row is not None:
        request = _again(message, row)
        try:
            # Queued like the first one, however short the work has become: the result is kept, not only shown.
            chosen = route(request, identity, all_handlers(), inline_threshold_seconds=-1.0)
        except Refusal as refusal:
            fault = refusal.error
        else:
            await submit([(request, chosen)])
    if fault is not None:
        push(encode_error(fault, message.id, request_id=message.request_id))


def _find(message: Regenerate, owner: Q) -> tuple[AsyncRequest | None, ErrorBody | None]:
    try:
        row = find_finished(message.request_id, owner)
    except NotFinished as status:
        text = f"The request is {status}; it can be done again once it has ended"
        return None, error_body(ErrorCode.VALIDATION_ERROR, text, details={"status": str(status)})
    if row is None:
        return None, error_body(ErrorCode.NOT_FOUND, "There is no such request")
    if message.id is not None and message.id == row.client_id:
        text = "This id belongs to the old request; give another, or none"
        return None, error_body(ErrorCode.VALIDATION_ERROR, text)
    return row, None


def _again(message: Regenerate, row: AsyncRequest) -> Request:
    return Request(id=message.id, action=row.action, payload=row.payload, metadata=traced_metadata(row), cache=False)
