"""Fetches the files that requests produced, and checks that they are what the server said."""

import hashlib
import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

COME_BACK_SECONDS = 30.0
_CHUNK_BYTES = 256 * 1024
_PAUSE_SECONDS = 0.25


class DownloadFailed(Exception):
    """The file could not be fetched, or is not the one that was announced."""


class ServerAway(DownloadFailed):
    """The connection was refused or lost: the server may be restarting."""


@dataclass(frozen=True, kw_only=True)
class Download:
    path: Path
    size_bytes: int
    sha256: str
    seconds: float


def download(server: str, artifact: Mapping[str, Any], folder: Path) -> Download:
    """Fetch an artifact by its signed URL into ``folder``; size and sha256 must be as announced.

    ``server`` is the base of URLs without a host. Raises ``DownloadFailed``.
    """
    path = _free_name(folder, artifact["filename"])
    started_at = time.monotonic()
    while True:
        try:
            size_bytes, sha256 = _fetch(urlsplit(server).netloc, artifact["url"], path)
            break
        except ServerAway:
            if time.monotonic() - started_at > COME_BACK_SECONDS:
                raise
            time.sleep(_PAUSE_SECONDS)
    seconds = time.monotonic() - started_at
    if (size_bytes, sha256) != (artifact["size_bytes"], artifact["sha256"]):
        raise DownloadFailed(f"{path.name} is not what was announced: {size_bytes} bytes with sha256 {sha256}")
    return Download(path=path, size_bytes=size_bytes, sha256=sha256, seconds=seconds)


def _fetch(host: str, url: str, path: Path) -> tuple[int, str]:
    """Fetch a file. Return its size in bytes and its sha256."""
    parts = urlsplit(url)
    # http.client, because it uses no proxy to the loopback interface.
    connection = http.client.HTTPConnection(parts.netloc or host, timeout=30)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        if response.status != http.HTTPStatus.OK:
            raise DownloadFailed(f"{path.name}: the server says {response.status} {response.reason}")
        digest, size_bytes = hashlib.sha256(), 0
        with path.open("wb") as file:
            while chunk := response.read(_CHUNK_BYTES):
                file.write(chunk)
                digest.update(chunk)
                size_bytes += len(chunk)
        if size_bytes < int(response.headers.get("Content-Length", 0)):
            raise ServerAway(f"{path.name}: the connection was lost after {size_bytes} bytes")
        return size_bytes, digest.hexdigest()
    except (OSError, http.client.HTTPException) as error:
        raise ServerAway(f"{path.name}: {error}") from error
    finally:
        connection.close()


def _free_name(folder: Path, filename: str) -> Path:
    """Return the file's own name, with a number if another request made a file of that name."""
    path = folder / Path(filename).name
    number = 2
    while path.exists():
        path = folder / f"{Path(filename).stem}-{number}{Path(filename).suffix}"
        number += 1
    return path
