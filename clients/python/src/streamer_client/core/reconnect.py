"""The decision after a connection has ended: come back or stop, after which pause, and with which token."""

from collections.abc import Callable
from dataclasses import dataclass

from streamer_client.errors import ConnectionStopped
from streamer_client.events import Message

BASE_SECONDS = 0.5
CAP_SECONDS = 30.0
TOKEN_EXPIRED = 4010
_STOP = range(4500, 5000)
_REASONS = {
    4500: "The service did not accept the token",
    4501: "The token has been revoked, or this connection was ended",
    4503: "The service ended the connection because of what was sent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``stop`` says why not to come back; otherwise the pause is ``wait_seconds``."""

    wait_seconds: float = 0.0
    needs_new_token: bool = False
    stop: ConnectionStopped | None = None


class Reconnect:
    """Counts failures in a row, and draws the pauses between them. ``chance`` returns a number from 0 to 1."""

    def __init__(self, chance: Callable[[], float], *, can_renew: bool = False) -> None:
        self._chance = chance
        self._can_renew = can_renew
        self._failures = 0
        self._renewed = False

    def welcomed(self) -> None:
        self._failures = 0
        self._renewed = False

    def after(self, close_code: int | None, goodbye: Message | None, error: Message | None) -> Plan:
        """Plan what follows a close. ``goodbye`` and ``error`` are what the server said last, if anything.

        Some servers lose the close code on the way, so what the goodbye says counts first.
        """
        code = (goodbye or {}).get("code", close_code)
        expired = code == TOKEN_EXPIRED or _token_expired(error)
        if _is_stop(code, goodbye):
            if not (expired and self._can_renew and not self._renewed):
                return Plan(stop=_stopped(code, goodbye, error))
            self._renewed = True
            return Plan(wait_seconds=self.pause(), needs_new_token=True)
        after_ms = (goodbye or {}).get("after_ms")
        wait_seconds = self.pause() if after_ms is None else after_ms / 1000
        return Plan(wait_seconds=wait_seconds, needs_new_token=expired)

    def pause(self) -> float:
        """Return the pause before the next try, in seconds: any, up to a bound that doubles (full jitter)."""
        bound = min(CAP_SECONDS, BASE_SECONDS * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return self._chance() * bound


def _is_stop(code: int | None, goodbye: Message | None) -> bool:
    return code in _STOP or (goodbye or {}).get("reconnect") is False


def _token_expired(error: Message | None) -> bool:
    return ((error or {}).get("details") or {}).get("reason") == "token_expired"


def _stopped(code: int | None, goodbye: Message | None, error: Message | None) -> ConnectionStopped:
    said = (error or {}).get("message") or (goodbye or {}).get("reason")
    text = said or _REASONS.get(code or 0, "The service ended the connection for good")
    details = (error or {}).get("details")
    return ConnectionStopped(str(text), close_code=code, details=details)
