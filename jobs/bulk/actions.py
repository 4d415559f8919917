"""Runs one item as a run of its action: the same handler, the same payload model, an outcome of its own."""

import logging
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
from django.conf import settings

from jobs.contract.base import Handler, Payload, refuse_left_out
from jobs.contract.bulk import Item
from jobs.contract.context import Context
from jobs.contract.submission.titles import title_of
from jobs.errors import Cancelled, ErrorCode, HandlerError, Stop, TimedOut, disk_full, error_body
from jobs.files.artifacts import ArtifactStaging, describe
from jobs.full_disk import is_disk_full
from jobs.incidents import report_unexpected
from jobs.jsonable import to_json

logger = logging.getLogger(__name__)

Answer = tuple[Any, Mapping[str, Any] | None]
"""The result and the error; an error of None says that it succeeded."""


class ItemRun(Context, Protocol):
    """The context of one item."""

    staging: ArtifactStaging

    @property
    def is_late(self) -> bool:
        """Return True if the item, and not the bulk, has used up its time."""


def run_item(handler: Handler[Any], item: Item, context: ItemRun) -> Answer:
    """Run one item. A ``Stop`` of the bulk is raised again once the files of the item are deleted.

    A cancel in the middle of the item becomes its outcome, because nobody can tell how much of it was done.
    """
    try:
        payload = refuse_left_out(handler.parse(item))
        return _result(handler.run(payload, context), handler, payload, context), None
    except TimedOut:
        context.staging.discard()
        if not context.is_late:
            raise
        text = f"The item ran longer than its limit of {handler.timeout_seconds:g} seconds"
        return None, to_json(error_body(ErrorCode.TIMEOUT, text))
    except Cancelled:
        context.staging.discard()
        return None, to_json(error_body(ErrorCode.CANCELLED, "The bulk operation was cancelled while this item ran"))
    except Stop:
        context.staging.discard()
        raise
    except HandlerError as error:
        context.staging.discard()
        return None, to_json(error.body())
    except BaseException as error:  # SystemExit too: it ends the item, not the worker
        context.staging.discard()
        if is_disk_full(error):
            logger.error("The disk is full, so an item of '%s' could not go on", handler.action)
            return None, to_json(disk_full())
        what = f"An item of a bulk failed in the handler of '{handler.action}'"
        body = report_unexpected(logger, what, error, request_id=str(context.request_id))
        return None, to_json({**body, "retryable": isinstance(error, handler.retry_on)})


def _result(result: Any, handler: Handler[Any], payload: Payload, context: ItemRun) -> Any:
    """Return the handler's result with the files it made. A large result becomes one of them."""
    plain = to_json(result)
    encoded = msgspec.json.encode(plain)
    if len(encoded) > settings.STREAMER_INLINE_RESULT_BYTES:
        context.staging.title = title_of(handler, payload)
        plain = context.staging.add_result(encoded)
    files = [describe(row) for row in context.staging.rows]
    return {"result": plain, "artifacts": files} if files else {"result": plain}
