"""One handshake. Most refusals come after the accept, because a browser hides from its page what comes before."""

import time
from collections.abc import Mapping
from typing import Any

from jobs.errors import ErrorCode, error_body
from jobs.metrics.counters import Histogram
from realtime.auth import Identity, KeysUnavailable, Unauthorized
from realtime.connections.drain import after_ms
from realtime.limits.addresses import client_address
from realtime.limits.shared_buckets import BURST_SECONDS
from realtime.refusals.errors import log_refused_token
from realtime.refusals.log import log_refusal
from realtime.shared import limits
from realtime.socket.ending import Send
from realtime.socket.handshake.identifying import identify
from realtime.socket.handshake.origins import is_host_allowed, is_origin_allowed
from realtime.wire.close_codes import CloseCode
from realtime.wire.protocol import encode_error, encode_goodbye
from realtime.wire.versions import UnsupportedVersion, choose_version

# A server of signing keys that does not answer is given time.
_KEYS_MS = 5_000
_HANDSHAKE = Histogram("streamer_handshake_seconds", "Time in which a socket was let in or refused.", "outcome")


class Handshake:
    """The handshake of one socket."""

    def __init__(self, scope: Mapping[str, Any], send: Send) -> None:
        self._scope = scope
        self._send = send
        self._headers = dict(scope["headers"])
        self.address = client_address(scope)

    @property
    def user_agent(self) -> str:
        return self._text(b"user-agent") or ""

    async def shake(self) -> Identity | None:
        """Accept the socket, and return to whom it belongs. None: it was refused, and closed."""
        began = time.perf_counter()
        identity = await self._shake()
        _HANDSHAKE.observe(time.perf_counter() - began, "refused" if identity is None else "admitted")
        return identity

    async def _shake(self) -> Identity | None:
        wait_seconds = limits().connects.of_address(self.address)
        is_allowed = is_host_allowed(self._text(b"host")) and is_origin_allowed(self._text(b"origin"))
        if wait_seconds > BURST_SECONDS or not is_allowed:
            await self._send({"type": "websocket.close"})  # before accept: the browser tells the page nothing
            self._log_refused("connect_rate" if is_allowed else "origin_or_host")
            return None
        version = self._version()
        subprotocol = version if isinstance(version, str) else None
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol})
        if wait_seconds:
            await self._refuse_too_soon(wait_seconds)
        elif isinstance(version, UnsupportedVersion):
            self._log_refused("unsupported_version")
            await self._refuse(encode_error(version.body), CloseCode.UNSUPPORTED_VERSION)
        else:
            return await self._admit()
        return None

    async def _admit(self) -> Identity | None:
        identity = await self._identify()
        if identity is None:
            return None
        if wait_seconds := limits().connects.of_user(identity.tenant_id, identity.user_id):
            await self._refuse_too_soon(wait_seconds, identity)
            return None
        return identity

    async def _identify(self) -> Identity | None:
        try:
            return await identify(self._scope)
        except Unauthorized as error:
            log_refused_token(error, self.address)
            await self._refuse(encode_error(error.body()), CloseCode.BAD_TOKEN)
        except KeysUnavailable as error:
            log_refusal("Token refused", reason="keys_unavailable", address=self.address)
            await self._refuse(encode_error(error.body()), CloseCode.DRAIN, least_ms=_KEYS_MS)
        return None

    def _version(self) -> str | UnsupportedVersion | None:
        """Choose the version of the protocol. A refusal is sent after the accept, where the client can read it."""
        try:
            return choose_version(self._scope["subprotocols"])
        except UnsupportedVersion as refusal:
            return refusal

    async def _refuse_too_soon(self, seconds: float, identity: Identity | None = None) -> None:
        self._log_refused("connect_rate", identity)
        told = "Too many connections were opened in a short time"
        text = encode_error(error_body(ErrorCode.RATE_LIMITED, told, retry_after=round(seconds, 1)))
        await self._refuse(text, CloseCode.CONNECT_RATE, least_ms=int(1000 * seconds))

    async def _refuse(self, text: str, code: CloseCode, least_ms: int = 0) -> None:
        for message in (text, encode_goodbye(code, after_ms=least_ms + after_ms(code))):
            await self._send({"type": "websocket.send", "text": message})
        await self._send({"type": "websocket.close", "code": int(code), "reason": code.reason})

    def _log_refused(self, reason: str, identity: Identity | None = None) -> None:
        who = {"user": identity.user_id, "tenant": identity.tenant_id} if identity else {}
        log_refusal("Connection refused", reason=reason, address=self.address, **who)

    def _text(self, name: bytes) -> str | None:
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")
