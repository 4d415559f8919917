"""Sending a table to the service, as a dataset."""

import os
from io import BufferedReader
from pathlib import Path
from typing import Any

import httpx

from streamer_client.files.download import OnBytes
from streamer_client.transports.http.api import CONNECT_SECONDS, READ_SECONDS, HttpApi, problem

ANSWER_SECONDS = 3600.0
"""The service answers once it has read the table, which takes it minutes where the table is large."""


class _Counted(BufferedReader):
    """A file that tells how much of it was read."""

    def __init__(self, path: Path, on_bytes: OnBytes | None) -> None:
        super().__init__(path.open("rb", buffering=0))
        self._on_bytes = on_bytes
        self._total = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        if self._on_bytes is not None:
            self._on_bytes(self.tell(), self._total)
        return data


async def upload(
    api: HttpApi, path: Path, *, fields: dict[str, str], on_bytes: OnBytes | None = None
) -> dict[str, Any]:
    """Send a file, and return the description of the dataset. Raises ``StreamerError``.

    It is sent once: whoever sends it again, after an error, may make a second dataset.
    """
    with _Counted(path, on_bytes) as file:
        files = {"file": (path.name, file, "application/octet-stream")}
        timeout = httpx.Timeout(READ_SECONDS, read=ANSWER_SECONDS, connect=CONNECT_SECONDS)
        answer = await api.send(api.build("POST", "api/datasets/", files=files, data=fields, timeout=timeout))
    if answer.status != 201:
        raise problem(answer)
    return answer.body
