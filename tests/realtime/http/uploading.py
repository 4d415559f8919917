"""An upload as a server hands it to the application, piece by piece."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

from streamer_site.asgi import application

CSV = b"region,amount\nnorth,1\nsouth,\n"
DEADLINE_SECONDS = 20


def body_of(content: bytes = CSV, filename: str = "Sales.csv", field: str = "file", **fields: str) -> bytes:
    parts = [
        f'--frontier\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--frontier\r\nContent-Disposition: form-data; name="{field}"; filename="{filename}"\r\n\r\n'
    return b"".join(parts) + head.encode() + content + b"\r\n--frontier--\r\n"


class Upload:
    """One request to the whole application, body and all, as a server hands it over."""

    def __init__(self, token: str | None, path: str = "/api/datasets/", **headers: str) -> None:
        listed = {
            "host": "localhost",
            "content-type": "multipart/form-data; boundary=frontier",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if token is not None:
            listed["authorization"] = f"Bearer {token}"
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in listed.items()],
        }
        self._communicator = ApplicationCommunicator(application, scope)

    async def send(self, body: bytes, more: bool = False) -> "Upload":
        await self._communicator.send_input({"type": "http.request", "body": body, "more_body": more})
        return self

    async def hang_up(self) -> None:
        await self._communicator.send_input({"type": "http.disconnect"})
        await self._communicator.wait(DEADLINE_SECONDS)

    async def answer(self) -> tuple[int, Any]:
        """Return status and body of the answer, and hang up."""
        start = await self._communicator.receive_output(DEADLINE_SECONDS)
        body = await self._communicator.receive_output(DEADLINE_SECONDS)
        # Until then the server reads what is left of a body that it has refused.
        await self._communicator.send_input({"type": "http.disconnect"})
        await self._communicator.wait(DEADLINE_SECONDS)
        return start["status"], json.loads(body["body"])
