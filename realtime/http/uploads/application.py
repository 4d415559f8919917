"""``POST /api/datasets/``: one file, streamed to disk and made a dataset.

It runs before Django, which would first read the whole body, from anybody and of any size.
"""

import asyncio
import functools
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DataError, connections
from django.http import HttpResponse

from jobs.data.datasets.adding import Wish, add_dataset, check_room, scratch_folder
from jobs.data.datasets.describing import description
from jobs.data.datasets.failures import DatasetError, TooLarge
from jobs.data.datasets.ingest.ingest_process import GivenUp, ingest_in_process
from jobs.errors import Fault
from jobs.incidents import report_unexpected
from realtime.auth import Identity
from realtime.database import in_database
from realtime.http.authenticated import demand, identify_by, refusing
from realtime.http.responses import Refused, error_response, json_response, unavailable
from realtime.http.uploads.multipart import EXTRA_BYTES, Body, HungUp, save_upload
from realtime.shared import drain

logger = logging.getLogger(__name__)

PERMISSION = "datasets.write"
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
PATHS = ("/api/datasets/", "/api/datasets")
_AT_ONCE = 8
_FIELDS = ("name", "sheet", "header", "expires_in_days")


class Uploads:
    """An ASGI application that answers uploads and passes everything else on."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in PATHS:
            await self._app(scope, receive, send)
            return
        try:
            response = await _answer(scope, receive)
        except (HungUp, GivenUp):
            return  # the client is gone
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in response.items()]
        headers.append((b"content-length", str(len(response.content)).encode()))
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": response.content})


async def _answer(scope: Scope, receive: Receive) -> HttpResponse:
    try:
        with refusing():
            identity = await in_database(_admit, scope)
            try:
                return json_response(await _add(scope, receive, identity), 201)
            except DataError as error:  # a value that the database never takes: to try again would not help
                return error_response(report_unexpected(logger, "an upload failed", error))
    except Refused as refused:
        return error_response(refused.error)
    except (HungUp, GivenUp):
        raise
    except Exception as error:
        return error_response(report_unexpected(logger, "an upload failed", error))


def _admit(scope: Scope) -> Identity:
    """Return whose upload it is. Checks all that needs no look into the body, before any of it is read."""
    identity = identify_by(item for item in scope["headers"] if item[0] == b"authorization")
    demand(identity, PERMISSION)
    if drain().begun:
        raise Refused(unavailable())
    most = settings.STREAMER_DATASET_MAX_BYTES
    length = _header(scope, b"content-length")
    if length.isdecimal() and int(length) > most + EXTRA_BYTES:
        raise TooLarge.over(most)
    if not _header(scope, b"content-type").lower().startswith("multipart/form-data"):
        raise DatasetError("Send the file as multipart/form-data, in the field 'file'")
    check_room(identity.tenant_id, Wish())
    return identity


async def _add(scope: Scope, receive: Receive, identity: Identity) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    body = Body(receive, loop, settings.STREAMER_DATASET_MAX_BYTES)
    is_gone = threading.Event()
    with scratch_folder() as folder:
        path = Path(folder) / "upload"
        save = functools.partial(
            save_upload, body, _header(scope, b"content-type"), path, settings.STREAMER_DATASET_MAX_BYTES
        )
        filename, fields = await loop.run_in_executor(_threads(), save)
        watch = asyncio.create_task(_watch(receive, is_gone))
        try:
            return await loop.run_in_executor(_threads(), _store, path, filename, fields, identity, is_gone)
        finally:
            watch.cancel()


def _store(
    path: Path, filename: str, fields: dict[str, str], identity: Identity, is_gone: threading.Event
) -> dict[str, Any]:
    ingest = functools.partial(ingest_in_process, is_wanted=lambda: not is_gone.is_set())
    try:
        row = add_dataset(
            path,
            path.parent,
            tenant_id=identity.tenant_id,
            user_id=identity.user_id,
            filename=filename,
            wish=_wish(fields),
            ingest=ingest,
        )
        return description(row)
    finally:
        connections.close_all()  # this thread is none of the database threads, which keep their connections


async def _watch(receive: Receive, is_gone: threading.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    is_gone.set()


def _wish(fields: dict[str, str]) -> Wish:
    faults = [Fault(path=name, message="unknown field", type="unknown") for name in fields if name not in _FIELDS]
    header = fields.get("header", "")
    if header not in ("", "true", "false"):
        faults.append(Fault(path="header", message="'true' or 'false'", type="invalid"))
    days: float | None = None
    try:
        days = float(fields["expires_in_days"]) if fields.get("expires_in_days") else None
    except ValueError:
        faults.append(Fault(path="expires_in_days", message="a number of days", type="invalid"))
    if faults:
        raise DatasetError(f"{faults[0]['path']}: {faults[0]['message']}", {"faults": faults})
    return Wish(
        name=fields.get("name") or None,
        sheet=fields.get("sheet") or None,
        header=header == "true" if header else None,
        expires_in_days=days,
    )


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


@cache
def _threads() -> ThreadPoolExecutor:
    """Return the threads for simultaneous uploads. Others wait with their body unread."""
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="upload")
