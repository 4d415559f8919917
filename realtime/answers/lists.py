"""The page of requests that answers ``list``."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from jobs.errors import ErrorCode, error_body
from jobs.requests.reads import Wanted, list_page, snapshot
from realtime.access import as_seen_by, readable
from realtime.answers.refusal import Refusal
from realtime.auth import Identity
from realtime.database import in_database
from realtime.wire.messages import List

Snapshots = Sequence[dict[str, Any]]


async def list_requests(message: List, identity: Identity) -> tuple[Snapshots, str | None]:
    """Return the snapshots and the cursor of the next page. Raises ``Refusal`` for a cursor that was never given."""
    try:
        rows, cursor = await in_database(
            list_page,
            readable(identity),
            _wanted(message),
            limit=message.limit,
            cursor=message.cursor,
        )
    except ValueError as error:
        raise Refusal(error_body(ErrorCode.VALIDATION_ERROR, str(error))) from None
    return [as_seen_by(identity, row, snapshot(row)) for row in rows], cursor


def _wanted(message: List) -> Wanted:
    return Wanted(
        status=message.status,
        action=message.action,
        tag=message.tag,
        q=message.q,
        created_after=_moment(message.created_after),
        created_before=_moment(message.created_before),
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
