"""The contract of a handler: one class, one action."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, get_args

import msgspec
import pydantic
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pydantic import BaseModel, ConfigDict, PrivateAttr

from jobs.contract.context import Context
from jobs.contract.unknown_fields import MOST, NO_SUCH_FIELD, UNKNOWN, Path, as_text, describe_unknown, without_unknown
from jobs.errors import Fault, InvalidPayload

_ACTION = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Payload(BaseModel):
    """The base of every payload. Types are strict. A field that the action does not know is left out with a warning."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    _left_out: tuple[Fault, ...] = PrivateAttr(default=())


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
    strict: ClassVar[bool | None] = None
    """True: a field that the payload does not know is a fault. False: a warning. None: as the setting says."""
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
        """Validate a payload as it came over the wire; raises ``InvalidPayload`` with every fault.

        ``warnings_about`` the outcome names the unknown fields that were left out.
        """
        try:
            return self._validate(payload)
        except pydantic.ValidationError as error:
            errors = error.errors(include_url=False)
        unknown = [item["loc"] for item in errors if item["type"] == UNKNOWN]
        faults = [self._fault(item, compare=len(unknown) <= MOST) for item in errors]
        if not 0 < len(unknown) <= MOST or self._is_strict:
            raise InvalidPayload(faults)
        known, removed = without_unknown(payload, unknown)
        try:
            parsed = self._validate(known)
        except pydantic.ValidationError:
            raise InvalidPayload(faults) from None
        return leave_out(parsed, [_warning(parsed, path) for path in removed])

    @property
    def _is_strict(self) -> bool:
        """Tell whether an unknown field is a fault."""
        return bool(settings.STREAMER_STRICT_PAYLOADS) if self.strict is None else self.strict

    def _validate(self, payload: Mapping[str, Any]) -> P:
        # By way of JSON, because only there strict types still let a date be written as a string.
        return self.payload_model.model_validate_json(msgspec.json.encode(payload))  # type: ignore[return-value]

    def _fault(self, item: Any, *, compare: bool) -> Fault:
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == UNKNOWN:
            # Comparing thousands of names would hold up the event loop.
            message = describe_unknown(self.payload_model, item["loc"]) if compare else NO_SUCH_FIELD
        return {"path": as_text(item["loc"]), "message": message, "type": item["type"]}


def max_result_bytes() -> int:
    """Return how large a result may be, as JSON. A larger one becomes a file."""
    return int(settings.STREAMER_INLINE_RESULT_BYTES)


def warnings_about(payload: Payload) -> list[dict[str, str]]:
    """List what was left out of a payload that ``Handler.parse`` returned: path and message."""
    return [{"path": fault["path"], "message": f"{fault['message']} (ignored)"} for fault in payload._left_out]


def refuse_left_out(payload: P) -> P:
    """Return the payload if nothing was left out of it; raises ``InvalidPayload`` otherwise."""
    if payload._left_out:
        raise InvalidPayload(payload._left_out)
    return payload


def leave_out(payload: P, faults: Iterable[Fault]) -> P:
    """Note on a payload the fields that ``parse`` left out of it, in place of those noted before."""
    payload._left_out = tuple(faults)
    return payload


def left_out_of(payload: Payload) -> tuple[Fault, ...]:
    """Return the fields that ``parse`` left out of the payload."""
    return payload._left_out


def _warning(parsed: Payload, path: Path) -> Fault:
    return {"path": as_text(path), "message": describe_unknown(parsed, path), "type": UNKNOWN}
