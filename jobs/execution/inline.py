"""Runs quick actions inline: on a bounded pool of threads, off the event loop, for a bounded time."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from django.conf import settings
from django.db import close_old_connections, transaction

from jobs.contract.base import Handler, Payload
from jobs.contract.registry import handlers_reloaded
from jobs.contract.result import notice_misfit
from jobs.contract.submission.titles import title_of
from jobs.errors import ErrorBody, ErrorCode, HandlerError, Stop, disk_full, error_body
from jobs.execution.contexts import InlineContext
from jobs.files.artifacts import describe
from jobs.full_disk import is_disk_full
from jobs.incidents import report_unexpected
from jobs.jsonable import encode_json
from jobs.models import Artifact, Dataset
from jobs.requests.inline_cache import InlineCache
from jobs.requests.result_cache import cache_key

logger = logging.getLogger(__name__)


class InlineFailure(Exception):
    """The action gave no result; ``error`` says why."""

    def __init__(self, error: ErrorBody) -> None:
        super().__init__(error["message"])
        self.error = error


@dataclass(frozen=True, kw_only=True)
class Answer:
    encoded: bytes
    """The data as JSON."""
    metadata: dict[str, Any]
    """``seconds`` of the run, and its ``artifacts`` if any; for a cached answer, ``cached`` and ``computed_at``."""

    @property
    def data(self) -> Any:
        return msgspec.json.decode(self.encoded)


async def run_inline(
    handler: Handler[Any], payload: Payload, *, tenant_id: str, user_id: str, fresh: bool = False
) -> Answer:
    """Return the handler's answer. Raises ``InlineFailure``, with TIMEOUT above the inline threshold.

    ``fresh``: run the handler even if its answer is cached.
    """
    seconds = settings.STREAMER_INLINE_THRESHOLD_SECONDS
    context = InlineContext(tenant_id=tenant_id, user_id=user_id, seconds=seconds)
    work = asyncio.get_running_loop().run_in_executor(
        _threads(), copy_context().run, _run, handler, payload, context, fresh
    )
    work.add_done_callback(_forget)
    try:
        done, _ = await asyncio.wait({work}, timeout=seconds)
    finally:
        # The thread cannot be killed. It is told to stop, and its late answer is dropped.
        context.give_up()
    if done:
        return work.result()
    text = f"'{handler.action}' did not answer within {seconds:g} seconds"
    raise InlineFailure(error_body(ErrorCode.TIMEOUT, text))


def _forget(work: "asyncio.Future[Answer]") -> None:
    """Retrieve the error, if any, so that asyncio does not log it as never retrieved."""
    if not work.cancelled():
        work.exception()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.STREAMER_INLINE_THREADS, thread_name_prefix="inline")


@cache
def _kept() -> InlineCache:
    return InlineCache()


handlers_reloaded.connect(lambda **_: _kept.cache_clear(), weak=False, dispatch_uid=__name__)


def _run(handler: Handler[Any], payload: Payload, context: InlineContext, fresh: bool) -> Answer:
    started = time.perf_counter()
    try:
        context.check()  # by the time a thread is free, nobody may wait for the answer any more
        encoded, origin = _known_or_new(handler, payload, context, fresh)
    except HandlerError as error:
        raise InlineFailure(error.body()) from None
    except Stop:
        raise InlineFailure(error_body(ErrorCode.TIMEOUT, f"'{handler.action}' did not answer in time")) from None
    except Exception as error:
        if is_disk_full(error):
            logger.error("The disk is full, so the handler of '%s' could not go on", handler.action)
            raise InlineFailure(disk_full()) from None
        body = report_unexpected(logger, f"The handler of '{handler.action}' failed", error)
        raise InlineFailure(body) from None
    finally:
        close_old_connections()
    files = [describe(row) for row in context.staging.rows]
    seconds = {"seconds": round(time.perf_counter() - started, 4)}
    failures = {"failed_items": context.failed_items} if context.failed_items else {}
    more = {**origin, **failures, **({"artifacts": files} if files else {})}
    return Answer(encoded=encoded, metadata={**seconds, **more})


def _known_or_new(
    handler: Handler[Any], payload: Payload, context: InlineContext, fresh: bool
) -> tuple[bytes, dict[str, Any]]:
    """Return the answer as JSON and, if it was cached, the metadata that says so."""
    key = cache_key(handler, payload, tenant_id=context.tenant_id, user_id=context.user_id)
    if key is None or handler.cache_seconds is None:
        return _answer(handler, payload, context), {}
    kept = None if fresh else _kept().find(key, handler.cache_seconds)
    if kept is not None:
        return kept.encoded, {"cached": True, "computed_at": kept.computed_at}
    encoded = _answer(handler, payload, context)
    # Files expire, and a cached answer could outlive the file it links to. Nor does it know of failed items.
    if not (context.staging.rows or context.datasets.rows or context.failed_items):
        _kept().keep(key, encoded)
    return encoded, {}


def _answer(handler: Handler[Any], payload: Payload, context: InlineContext) -> bytes:
    with context:
        try:
            encoded = encode_json(handler.run(payload, context))
            notice_misfit(handler, encoded)
            if len(encoded) > settings.STREAMER_MAX_FRAME_BYTES:
                context.staging.title = title_of(handler, payload)
                encoded = msgspec.json.encode(context.staging.add_result(encoded))
            context.check()
            _commit(context)
        except BaseException:
            context.discard()
            raise
    return encoded


def _commit(context: InlineContext) -> None:
    """Insert the rows of the run's files and datasets."""
    if context.staging.rows or context.datasets.rows:
        with transaction.atomic():
            Artifact.objects.bulk_create(context.staging.rows)
            Dataset.objects.bulk_create(context.datasets.rows)
