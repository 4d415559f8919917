"""Calls of the HTTP API, with the token of the moment."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from streamer_client.address import Address
from streamer_client.errors import StreamerError, Unavailable, refusal
from streamer_client.transports.websocket import Proxy

CONNECT_SECONDS = 15.0
READ_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]
    """The JSON object; empty if there is none, as from a proxy."""
    headers: Mapping[str, str]

    @property
    def error(self) -> dict[str, Any] | None:
        """The ``error`` object of a refusal; None for success, and for errors that are not of the service."""
        error = self.body.get("error")
        return error if self.status >= 400 and isinstance(error, dict) and "code" in error else None


class HttpApi:
    """One pool of connections to the service. ``token`` is what its calls offer."""

    def __init__(self, address: Address, *, proxy: Proxy = True) -> None:
        self.address = address
        self.token: str | None = None
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=10),
            proxy=proxy if isinstance(proxy, str) else None,
            trust_env=proxy is True,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        read_seconds: float = READ_SECONDS,
    ) -> Answer:
        """Call an endpoint, whatever it answers. Raises ``Unavailable`` if it does not."""
        try:
            response = await self._client.request(
                method,
                self.address.url(path),
                json=body,
                params=params,
                headers=self.headers(),
                timeout=httpx.Timeout(read_seconds, connect=CONNECT_SECONDS),
            )
        except httpx.HTTPError as error:
            raise unreachable(error) from None
        return _answer(response, response.content)

    @asynccontextmanager
    async def stream(
        self, path: str, *, headers: Mapping[str, str], read_seconds: float, is_ours: bool = True, **options: Any
    ) -> AsyncIterator[httpx.Response]:
        """Open an answer whose body is read piece by piece. ``is_ours``: the token may go there."""
        timeout = httpx.Timeout(read_seconds, connect=CONNECT_SECONDS)
        named = {**(self.headers() if is_ours else {}), **headers}
        url = self.address.url(path)
        async with self._client.stream("GET", url, headers=named, timeout=timeout, **options) as response:
            yield response

    async def send(self, request: httpx.Request) -> Answer:
        try:
            response = await self._client.send(request)
        except httpx.HTTPError as error:
            raise unreachable(error) from None
        return _answer(response, response.content)

    def build(self, method: str, path: str, **options: Any) -> httpx.Request:
        return self._client.build_request(method, self.address.url(path), headers=self.headers(), **options)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


async def answer_of(response: httpx.Response) -> Answer:
    """Read an answer that was opened as a stream to its end."""
    return _answer(response, await response.aread())


def problem(answer: Answer) -> StreamerError:
    """Return the exception for an answer that is no success."""
    if answer.error is not None:
        return refusal(answer.error)
    return Unavailable(f"HTTP {answer.status}", code="SERVICE_UNAVAILABLE", retryable=answer.status >= 500)


def unreachable(error: httpx.HTTPError) -> Unavailable:
    text = str(error) or type(error).__name__
    return Unavailable(f"The service cannot be reached: {text}", code="SERVICE_UNAVAILABLE", retryable=True)


def _answer(response: httpx.Response, content: bytes) -> Answer:
    try:
        body = response.json() if content else {}
    except ValueError:
        body = {}
    return Answer(response.status_code, body if isinstance(body, dict) else {}, response.headers)
