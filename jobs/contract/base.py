"""The contract of a handler: one class, one action."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, get_args

import msgspec
import pydantic
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pydantic import BaseModel, ConfigDict

from jobs.contract.context import Context
from jobs.errors import Fault, InvalidPayload

_ACTION = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Payload(BaseModel):
    """The base of every payload. Types are strict, and a field that the action does not know is a fault."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NoPayload(Payload):
    """The payload of an action that takes no arguments."""


@dataclass(frozen=True, kw_only=True)
class Retry:
    """The retry policy for ``Retryable``: exponential backoff with full jitter, capped."""

    max_attempts: int = 3
    """The most attempts, the first included."""
    base_seconds: float = 2.0
    """The longest first pause. Each later pause can last twice as long as the one before."""
    cap_seconds: float = 60.0
    """No pause is longer."""

    def __post_init__(self) -> None:
        if self.max_attempts < 1 or self.base_seconds < 0 or self.cap_seconds < 0:
            raise ImproperlyConfigured(f"{self} is not valid: attempts start at 1, seconds at 0")

    def longest_pause_seconds(self, attempt: int) -> float:
        """Return the longest pause after ``attempt`` (1, 2, …) failed."""
        return float(min(self.cap_seconds, self.base_seconds * 2 ** (attempt - 1)))


P = TypeVar("P", bound=Payload)


class Handler(Generic[P]):
    """Subclass it as ``Handler[MyPayload]``, set ``action``, write ``run``. Users see the docstring's first line.

    The same payload model serves the socket and the worker, so what was accepted is what is run.
    """

    action: ClassVar[str] = ""
    """The name that clients send. Lower case, digits and underscores, at most 64. A class without one is abstract."""
    estimated_seconds: ClassVar[float] = 1.0
    """The seconds that a run takes. Up to the inline threshold (5 s by default) the action runs inline."""
    queue: ClassVar[str] = "default"
    timeout_seconds: ClassVar[float] = 840.0
    """An attempt that runs longer ends with TIMEOUT."""
    silence_seconds: ClassVar[float | None] = None
    """An attempt that calls none of report, check, partial and checkpoint for this time ends too. None: no limit."""
    total_seconds: ClassVar[float | None] = None
    """All attempts together end this long after the first one started. None: no limit."""
    max_running: ClassVar[int | None] = None
    """The most that run at once, on all workers together. For scarce resources such as licences. None: no limit."""
    retry: ClassVar[Retry] = Retry()
    retry_on: ClassVar[tuple[type[Exception], ...]] = ()
    """Exceptions of libraries to be treated as ``Retryable``."""
    permission: ClassVar[str | None] = None
    """The token must carry it in ``permissions`` (or ``*``). None: every user may."""
    always_queued: ClassVar[bool] = False
    """True: it never runs inline, however short its estimate, because it needs what only a stored request has."""
    internal: ClassVar[bool] = False
    """True: requests of other handlers may use it, and clients are told that the action is unknown."""
    preload: ClassVar[tuple[str, ...]] = ()
    """Modules a worker imports once, before it forks, so that runs share them. For heavy libraries."""

    cache_seconds: ClassVar[float | None] = None
    """The seconds for which the same user and payload get the same result again. None: each request is run."""
    cache_version: ClassVar[int] = 1
    """The version of results. Raise it when the same payload and data lead to another result than before."""

    payload_model: ClassVar[type[Payload]] = Payload

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in getattr(cls, "__orig_bases__", ()):
            for argument in get_args(base):
                if isinstance(argument, type) and issubclass(argument, Payload):
                    cls.payload_model = argument
        if not cls.action:
            return
        if not _ACTION.fullmatch(cls.action):
            raise ImproperlyConfigured(f"{cls.__qualname__}: '{cls.action}' is no valid action name")
        if cls.payload_model is Payload:
            raise ImproperlyConfigured(f"{cls.__qualname__}: name its payload, as in Handler[MyPayload]")
        if cls.timeout_seconds <= 0 or cls.estimated_seconds < 0:
            raise ImproperlyConfigured(f"{cls.__qualname__}: timeout and estimate must be positive")
        optional = (cls.silence_seconds, cls.total_seconds, cls.cache_seconds)
        if any(seconds is not None and seconds <= 0 for seconds in optional):
            raise ImproperlyConfigured(f"{cls.__qualname__}: silence, total and cache are above 0 seconds, or None")
        if cls.max_running is not None and cls.max_running < 1:
            raise ImproperlyConfigured(f"{cls.__qualname__}: max_running is 1 or more, or None; to run none, pause it")

    def estimate(self, payload: P) -> float:
        """Estimate the seconds that a run with this payload takes. Override it when they depend on the payload."""
        return self.estimated_seconds

    def cache_key(self, payload: P, tenant_id: str) -> str | None:
        """Return a fingerprint of the data that the result depends on beside the payload. Called in a web process.

        None: at present a result is neither kept nor given again.
        """
        return ""

    def permissions_for(self, payload: P) -> Collection[str]:
        """Return the permissions that the token needs for this payload, beside ``permission``."""
        return ()

    def run(self, payload: P, context: Context) -> Mapping[str, Any] | None:
        """Do the work; return what the client gets as ``result``. Must be JSON."""
        raise NotImplementedError(f"{type(self).__qualname__}.run")

    def parse(self, payload: Mapping[str, Any]) -> P:
        """Validate a payload as it came over the wire; raises ``InvalidPayload`` with every fault."""
        try:
            # By way of JSON, because only there strict types still let a date be written as a string.
            return self.payload_model.model_validate_json(msgspec.json.encode(payload))  # type: ignore[return-value]
        except pydantic.ValidationError as error:
            raise InvalidPayload([_fault(item) for item in error.errors(include_url=False)]) from None


def max_result_bytes() -> int:
    """Return how large a result may be, as JSON. A larger one becomes a file."""
    return int(settings.STREAMER_INLINE_RESULT_BYTES)


def _fault(item: Any) -> Fault:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in item["loc"]).lstrip(".")
    message = item["msg"].removeprefix("Value error, ")
    if item["type"] == "extra_forbidden":
        message = "this action has no such field"
    return {"path": path, "message": message, "type": item["type"]}
