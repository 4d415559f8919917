"""The choice between the WebSocket and plain HTTP."""

from collections.abc import Callable

FAILURES_BEFORE_HTTP = 2
RETRY_WEBSOCKET_SECONDS = 300.0
# With these, the service itself has answered: a WebSocket works here, but not now or not for this client.
_OF_THE_SERVICE = frozenset({401, 403, 429, 503})


class Fallback:
    """Counts what happens to WebSockets, and says when to do without."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._retry_at: float | None = None

    @property
    def uses_http(self) -> bool:
        return self._retry_at is not None

    @property
    def suspects_websocket(self) -> bool:
        """True: if HTTP works, it should be used."""
        return self._failures >= FAILURES_BEFORE_HTTP

    @property
    def retry_in_seconds(self) -> float | None:
        """The seconds until the WebSocket deserves another try; None while it is in use."""
        return None if self._retry_at is None else max(0.0, self._retry_at - self._clock())

    def websocket_worked(self) -> None:
        self._failures = 0
        self._retry_at = None

    def websocket_failed(self, status: int | None = None) -> None:
        """Note a WebSocket that ended before its ``welcome``. ``status``: the HTTP status that answered the upgrade."""
        if status is None:
            self._failures += 1
        elif status not in _OF_THE_SERVICE:
            self._failures = FAILURES_BEFORE_HTTP

    def http_works(self) -> None:
        """Use HTTP from now on, and the WebSocket again in five minutes at the earliest."""
        self._retry_at = self._clock() + RETRY_WEBSOCKET_SECONDS
