"""Fetching a file: whole, checked, and from where a lost connection left it."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import httpx

from streamer_client.core.reconnect import Reconnect
from streamer_client.errors import TransferFailed, Unavailable
from streamer_client.transports.http.api import HttpApi, answer_of, problem, unreachable

OnBytes = Callable[[int, int | None], object]
"""Called with the bytes that are there, and with the size of the whole, None if unknown."""
MAX_TRIES = 8
_SILENT_SECONDS = 60.0
_ETAG = re.compile(r'(?:W/)?"([0-9a-f]{64})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file of the service. What is None is not known before the first answer."""

    url: str
    filename: str
    size_bytes: int | None = None
    sha256: str | None = None


def wanted_of(artifact: Mapping[str, Any] | str) -> Wanted:
    """Read the description of a file, as results and final events have it, or its URL alone."""
    if isinstance(artifact, str):
        return Wanted(url=artifact, filename=_name(urlsplit(artifact).path))
    if "url" not in artifact:
        raise TypeError("A file is described by an object with a url, as in the artifacts of a result")
    name = _name(str(artifact.get("filename") or urlsplit(str(artifact["url"])).path))
    size, sha256 = artifact.get("size_bytes"), artifact.get("sha256")
    return Wanted(url=str(artifact["url"]), filename=name, size_bytes=size, sha256=sha256)


def _name(text: str) -> str:
    """Return a name that leads into no other folder."""
    return PurePosixPath(text.replace("\\", "/")).name or "download"


class Download:
    """Writes to ``<path>.part``, which the next try goes on from, and moves it to ``path`` once it is whole."""

    def __init__(self, api: HttpApi, wanted: Wanted, path: Path, on_bytes: OnBytes | None) -> None:
        self.path = path / wanted.filename if path.is_dir() else path
        self._api = api
        self._wanted = wanted
        self._may_rename = path.is_dir() and wanted.sha256 is None
        self._part = self.path.with_name(self.path.name + ".part")
        self._is_inherited = self._part.exists()
        """True: the part was left by an earlier call, and may be of another file."""
        self._on_bytes = on_bytes or _ignore
        self._with_token = bool(api.token)
        self._pauses = Reconnect(chance=lambda: 1.0)

    async def run(self) -> Path:
        """Fetch it. Raises ``TransferFailed``, ``NotFound``, ``Unavailable``."""
        for tries_left in reversed(range(MAX_TRIES)):
            try:
                if await self._fetch() and self._finish():
                    return self.path
            except (httpx.TransportError, Unavailable) as error:
                if not tries_left:
                    raise unreachable(error) if isinstance(error, httpx.HTTPError) else error from None
            await asyncio.sleep(self._pauses.pause() if tries_left else 0)
        raise TransferFailed(f"{self._wanted.filename} did not arrive whole in {MAX_TRIES} tries")

    async def _fetch(self) -> bool:
        """Fetch what is missing. True: the service has no more of it."""
        have = self._part.stat().st_size if self._part.exists() else 0
        if have and have == self._wanted.size_bytes:
            return True
        url = self._api.address.url(self._wanted.url)
        is_ours = self._with_token and self._api.address.is_ours(url)
        headers = self._range(have, url)
        # The token opens the file without the signature, which then gets into no log.
        plain = url.partition("?")[0] if is_ours else url
        async with self._api.stream(plain, headers=headers, read_seconds=_SILENT_SECONDS, is_ours=is_ours) as answer:
            if answer.status_code == 404 and plain != url:
                self._with_token = False  # it is somebody else's, who gave the signed URL away
                return False
            if answer.status_code == 416:
                self._part.unlink(missing_ok=True)  # it is no part of this file
                return False
            if answer.status_code not in (200, 206):
                raise problem(await answer_of(answer))
            if self._api.address.is_ours(url):
                self._learn(answer)
            await self._write(answer, have if answer.status_code == 206 else 0)
        return True

    def _range(self, have: int, url: str) -> dict[str, str]:
        """Ask for the rest, provided that the file is the same: its ETag is the sha256.

        Where that is not known yet, the answer tells it, and the check at the end finds a part of another file.
        """
        plain = {"Accept-Encoding": "identity"}
        if not have or (self._wanted.sha256 is None and not self._api.address.is_ours(url)):
            return plain
        same = {"If-Range": f'"{self._wanted.sha256}"'} if self._wanted.sha256 else {}
        return {**plain, "Range": f"bytes={have}-", **same}

    def _learn(self, answer: httpx.Response) -> None:
        """Take from an answer of the service what a URL alone does not say: the sha256, and the name."""
        etag = _ETAG.fullmatch(answer.headers.get("ETag", ""))
        if etag is not None and self._wanted.sha256 is None:
            self._wanted = replace(self._wanted, sha256=etag[1])
        disposition = EmailMessage()
        disposition["Content-Disposition"] = answer.headers.get("Content-Disposition", "attachment")
        if self._may_rename and (filename := disposition.get_filename()):
            self.path = self.path.with_name(_name(filename))

    async def _write(self, answer: httpx.Response, have: int) -> None:
        length = answer.headers.get("Content-Length")
        total = self._wanted.size_bytes or (have + int(length) if length else None)
        self._is_inherited = self._is_inherited and have > 0
        with self._part.open("ab" if have else "wb") as file:
            self._on_bytes(have, total)
            async for data in answer.aiter_bytes():
                file.write(data)
                have += len(data)
                self._on_bytes(have, total)
        if total is not None and have < total:
            raise Unavailable("The connection was lost", retryable=True)

    def _finish(self) -> bool:
        """Move the file to its place. False: the part was of another file, so that all of it is to be fetched."""
        fault = self._fault()
        if not fault:
            self._part.replace(self.path)
            return True
        self._part.unlink()
        if not self._is_inherited:
            raise TransferFailed(f"{self._wanted.filename}: {fault}")
        self._is_inherited = False
        return False

    def _fault(self) -> str:
        size = self._part.stat().st_size
        if self._wanted.size_bytes is not None and size != self._wanted.size_bytes:
            return f"it has {size} bytes instead of {self._wanted.size_bytes}"
        if self._wanted.sha256 is not None:
            with self._part.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != self._wanted.sha256:
                    return "its sha256 is not the one that was announced"
        return ""


def _ignore(_bytes: int, _total: int | None) -> None:
    return None
