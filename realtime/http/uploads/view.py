"""``POST /api/datasets/``: one file, streamed to disk and made a dataset.

Nothing of the body is read before token, permission, length, type, quota and the user's other uploads are judged.
"""

import functools
import logging
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DataError, connections
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse

from jobs.data.datasets.adding import Wish, add_dataset, check_room, scratch_folder
from jobs.data.datasets.describing import description
from jobs.data.datasets.failures import DatasetError, TooLarge
from jobs.data.datasets.ingest.ingest_process import GivenUp, ingest_in_process
from jobs.errors import ErrorCode, HandlerError, error_body
from jobs.files.storage import StorageAway
from jobs.full_disk import is_disk_full
from jobs.incidents import report_unexpected
from realtime.auth import Identity
from realtime.database import in_database
from realtime.http.receiving.application import streamed_body, too_slow
from realtime.http.receiving.body import Body, BodyTooLarge, BodyTooSlow, HungUp
from realtime.http.responses import Refused, error_response, invalid, json_response, unavailable
from realtime.http.uploads.fields import read_wish
from realtime.http.uploads.multipart import EXTRA_BYTES, save_body, split_body
from realtime.http.uploads.threads import run_to_end
from realtime.http.uploads.turns import Turns
from realtime.limits.addresses import address_of
from realtime.shared import drain, limits

logger = logging.getLogger(__name__)

PATHS = ("/api/datasets/", "/api/datasets")
_TYPE = "multipart/form-data"
_RETRY_SECONDS = 5.0
_DISK_THREADS = 4
_under_way: Counter[tuple[str, str]] = Counter()


async def add_upload(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Answer 201 with the description of the new dataset. The caller has checked the permission."""
    body = streamed_body(request)
    _check_head(request, body)
    try:
        with _one_of_few(identity):
            await _admit(request, identity)
            return json_response(await _add(request, body, identity), 201)
    except (HungUp, GivenUp):
        return HttpResponse(status=400)  # nobody reads it
    except DataError as error:  # a value that the database never takes: to try again would not help
        return error_response(report_unexpected(logger, "an upload failed", error))
    except (Refused, DatasetError, HandlerError, DatabaseError):
        raise
    except Exception as error:
        if isinstance(error, StorageAway) or is_disk_full(error):
            logger.error("An upload cannot be stored now: %s", error)
            raise Refused(unavailable()) from None
        return error_response(report_unexpected(logger, "an upload failed", error))


def _check_head(request: HttpRequest, body: Body) -> None:
    if drain().begun:
        raise Refused(unavailable())
    most = settings.STREAMER_DATASET_MAX_BYTES
    if body.length is not None and body.length > most + EXTRA_BYTES:
        raise TooLarge.over(most)
    if request.content_type != _TYPE:
        raise Refused(invalid(f"Send the file as {_TYPE}, in the field 'file'"), 415)
    if not request.content_params or not request.content_params.get("boundary"):
        raise Refused(invalid(f"The content type {_TYPE} needs a boundary"))


@contextmanager
def _one_of_few(identity: Identity) -> Iterator[None]:
    """Count the uploads of a user in this process, and refuse one too many."""
    user, most = (identity.tenant_id, identity.user_id), settings.STREAMER_UPLOADS_PER_USER
    if _under_way[user] >= most:
        text = f"You have {most} uploads under way, which is the most allowed; wait for one to end"
        raise Refused(error_body(ErrorCode.RATE_LIMITED, text, retry_after=_RETRY_SECONDS))
    _under_way[user] += 1
    try:
        yield
    finally:
        _under_way[user] -= 1
        if not _under_way[user]:
            del _under_way[user]


async def _admit(request: HttpRequest, identity: Identity) -> None:
    """Count the upload against the client's rate, and refuse one that comes too fast, or has no room."""
    buckets = limits().uploads.of(tenant_id=identity.tenant_id, user_id=identity.user_id, address=address_of(request))
    if error := buckets.take():
        raise Refused(error)
    try:
        await in_database(check_room, identity.tenant_id, Wish())
    except DatasetError:
        buckets.spend(-1)
        raise


async def _add(request: HttpRequest, body: Body, identity: Identity) -> dict[str, Any]:
    most, is_gone = settings.STREAMER_DATASET_MAX_BYTES, threading.Event()
    body.most_bytes = most + EXTRA_BYTES
    with scratch_folder() as name:
        whole, path = Path(name) / "body", Path(name) / "upload"
        try:
            await save_body(body, whole, functools.partial(run_to_end, _disk_threads()))
        except BodyTooLarge:
            raise TooLarge.over(most) from None
        except BodyTooSlow:
            raise Refused(too_slow(), 408) from None
        split = functools.partial(split_body, whole, request.headers["Content-Type"], path, most)
        filename, fields = await run_to_end(_disk_threads(), split)
        store = functools.partial(_store, path, filename, read_wish(fields), identity, is_gone)
        async with _turns().place(identity.tenant_id):
            return await run_to_end(_ingest_threads(), store, on_cancel=is_gone.set)


def _store(path: Path, filename: str, wish: Wish, identity: Identity, is_gone: threading.Event) -> dict[str, Any]:
    try:
        row = add_dataset(
            path,
            path.parent,
            tenant_id=identity.tenant_id,
            user_id=identity.user_id,
            filename=filename,
            wish=wish,
            ingest=functools.partial(ingest_in_process, is_wanted=lambda: not is_gone.is_set()),
        )
        return description(row)
    finally:
        connections.close_all()  # this thread is none of the database threads, which keep their connections


@cache
def _turns() -> Turns:
    return Turns(settings.STREAMER_INGEST_PROCESSES)


@cache
def _ingest_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.STREAMER_INGEST_PROCESSES, thread_name_prefix="ingest")


@cache
def _disk_threads() -> ThreadPoolExecutor:
    """Return the threads that write and read local files, and never wait for a client."""
    return ThreadPoolExecutor(_DISK_THREADS, thread_name_prefix="upload")
