"""Uploads a file as a dataset, as a browser does."""

import http.client
import json
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from streamer_site.local.demo.stage import ActFailed

_TIMEOUT_SECONDS = 60


def upload(server: str, token: str, file: Path) -> dict[str, Any]:
    """Upload a CSV file. Return what the server says about the dataset. Raises ``ActFailed`` and ``OSError``."""
    boundary = uuid.uuid4().hex
    head = f'Content-Disposition: form-data; name="file"; filename="{file.name}"\r\nContent-Type: text/csv'
    body = f"--{boundary}\r\n{head}\r\n\r\n{file.read_text()}\r\n--{boundary}--\r\n".encode()
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": f"multipart/form-data; boundary={boundary}",
    }
    # http.client, because it uses no proxy to the loopback interface.
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("POST", "/api/datasets/", body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        if response.status != http.HTTPStatus.CREATED:
            raise ActFailed(f"The upload of {file.name} was answered with {response.status}: {text}")
        made: dict[str, Any] = json.loads(text)
        return made
    except http.client.HTTPException as error:
        raise ActFailed(f"The upload of {file.name} was not answered: {error!r}") from error
    finally:
        connection.close()
