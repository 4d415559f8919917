"""The wishes of a client about requests of its own: ``cancel`` and ``regenerate``."""

from uuid import UUID

from django.db.models import Q

from jobs.contract.registry import all_handlers
from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.models import AsyncRequest
from jobs.requests.cancellation import AlreadyFinished, request_cancel
from jobs.requests.reads import NotFound
from jobs.requests.regeneration import NotFinished, find_finished, traced_metadata
from realtime.access import owned
from realtime.answers.refusal import Refusal
from realtime.answers.router import route
from realtime.answers.submissions import Chosen
from realtime.auth import Identity
from realtime.database import in_database
from realtime.wire.messages import Regenerate, Request
from realtime.wire.protocol import no_such_request


async def cancel(request_id: UUID, identity: Identity) -> AsyncRequest:
    """Cancel the request, or ask it to stop. Return its row after that. Raises ``Refusal``."""
    try:
        return await in_database(request_cancel, request_id, owner=owned(identity))
    except NotFound:
        raise Refusal(no_such_request()) from None
    except AlreadyFinished as error:
        text = f"The request is already {error} and cannot be cancelled"
        raise Refusal(error_body(ErrorCode.VALIDATION_ERROR, text, details={"status": str(error)})) from None


async def regenerate(message: Regenerate, identity: Identity) -> tuple[Chosen, UUID]:
    """Return the request to submit, and the id of the one that it does again. Raises ``Refusal``.

    It is for whoever asks now: with the permissions of the present token, under the caps as usual.
    """
    found = await in_database(_find, message, owned(identity))
    if not isinstance(found, AsyncRequest):
        raise Refusal(found)
    request = _again(message, found)
    # Queued like the first one, however short the work has become: the result is kept, not only shown.
    return (request, route(request, identity, all_handlers(), inline_threshold_seconds=-1.0)), found.id


def _find(message: Regenerate, owner: Q) -> AsyncRequest | ErrorBody:
    try:
        row = find_finished(message.request_id, owner)
    except NotFinished as status:
        text = f"The request is {status}; it can be done again once it has ended"
        return error_body(ErrorCode.VALIDATION_ERROR, text, details={"status": str(status)})
    if row is None:
        return no_such_request()
    if message.id is not None and message.id == row.client_id:
        return error_body(ErrorCode.VALIDATION_ERROR, "This id belongs to the old request; give another id, or none")
    return row


def _again(message: Regenerate, row: AsyncRequest) -> Request:
    return Request(
        id=message.id,
        action=row.action,
        payload=row.payload,
        metadata=traced_metadata(row),
        tags=row.tags or [],
        cache=False,
    )
