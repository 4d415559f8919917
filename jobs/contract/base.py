"""The contract of a handler: one class, one action."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, get_args

import msgspec
import pydantic
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pydantic import BaseModel, ConfigDict, PrivateAttr

from jobs.contract.context import Context
from jobs.contract.forms.examples import Example
from jobs.contract.titles.default import default_title
from jobs.contract.unknown_fields import MOST, NO_SUCH_FIELD, UNKNOWN, Path, as_text, describe_unknown, without_unknown
from jobs.errors import MAX_FAULTS, Fault, InvalidPayload

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
    limit_running: ClassVar[int | None] = None
    """The most that run at once with the same ``limit_key``, whatever their actions. None: no limit."""
    limit_per_minute: ClassVar[int | None] = None
    """The most that start in any 60 seconds with the same ``limit_key``, retries included. None: no limit."""
    retry: ClassVar[Retry] = Retry()
    retry_on: ClassVar[tuple[type[Exception], ...]] = ()
    """Exceptions of libraries to be treated as ``Retryable``."""
    max_lost_in_a_row: ClassVar[int] = 2
    """The number of workers lost in a row, without progress between them, that ends a request with WORKER_LOST."""
    max_lost: ClassVar[int] = 5
    """The number of workers lost in all that does so too, whatever progress was made."""
    permission: ClassVar[str | None] = None
    """The token must carry it in ``permissions`` (or ``*``). None: every user may."""
    always_queued: ClassVar[bool] = False
    """True: it never runs inline, however short its estimate, because it needs what only a stored request has."""
    internal: ClassVar[bool] = False
    """True: requests of other handlers may use it, and clients are told that the action is unknown."""
    group: ClassVar[str] = ""
    """The heading that the console lists it under. Those of the group "Service" come last."""
    listed: ClassVar[bool] = True
    """False: the console does not list it, because it serves the form of another action."""
    examples: ClassVar[Sequence[Example]] = ()
    """Payloads for people to try."""
    strict: ClassVar[bool | None] = None
    """True: a field that the payload does not know is a fault. False: a warning. None: as the setting says."""
    preload: ClassVar[tuple[str, ...]] = ()
    """Modules a worker imports once, before it forks, so that runs share them. For heavy libraries."""

    cache_seconds: ClassVar[float | None] = None
    """The seconds for which the same user and payload get the same result again. None: each request is run."""
    cache_version: ClassVar[int] = 1
    """The version of results. Raise it when the same payload and data lead to another result than before."""

    payload_model: ClassVar[type[Payload]] = Payload
    result_model: ClassVar[type[BaseModel] | None] = None
    """The shape of what ``run`` returns, for clients and tests. None: it is not declared."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in getattr(cls, "__orig_bases__", ()):
            for argument in get_args(base):
                if isinstance(argument, type) and issubclass(argument, Payload):
                    cls.payload_model = argument
        if not cls.action:
            return
        if not _ACTION.fullmatch(cls.action):
            text = f"'{cls.action}' is not a valid action name, which has lower-case letters, digits and _, at most 64"
            raise ImproperlyConfigured(f"{cls.__qualname__}: {text}")
        if cls.payload_model is Payload:
            raise ImproperlyConfigured(f"{cls.__qualname__}: name its payload, as in Handler[MyPayload]")
        model = cls.result_model
        if model is not None and not (isinstance(model, type) and issubclass(model, BaseModel)):
            raise ImproperlyConfigured(f"{cls.__qualname__}: result_model is a pydantic model, or None")
        if cls.timeout_seconds <= 0 or cls.estimated_seconds < 0:
            raise ImproperlyConfigured(f"{cls.__qualname__}: timeout and estimate must be positive")
        optional = (cls.silence_seconds, cls.total_seconds, cls.cache_seconds)
        if any(seconds is not None and seconds <= 0 for seconds in optional):
            raise ImproperlyConfigured(f"{cls.__qualname__}: silence, total and cache are above 0 seconds, or None")
        if cls.max_running is not None and cls.max_running < 1:
            raise ImproperlyConfigured(f"{cls.__qualname__}: max_running is 1 or more, or None; to run none, pause it")
        if cls.max_lost_in_a_row < 1 or cls.max_lost < 1:
            raise ImproperlyConfigured(f"{cls.__qualname__}: max_lost and max_lost_in_a_row are 1 or more")
        cls._check_key_limits()

    @classmethod
    def _check_key_limits(cls) -> None:
        limits = [limit for limit in (cls.limit_running, cls.limit_per_minute) if limit is not None]
        if any(isinstance(limit, bool) or not isinstance(limit, int) or limit < 1 for limit in limits):
            text = "limit_running and limit_per_minute are whole numbers from 1 on, or None; to run none, pause it"
            raise ImproperlyConfigured(f"{cls.__qualname__}: {text}")
        names_keys = cls.limit_key is not Handler.limit_key
        if limits and not names_keys:
            text = "limit_running and limit_per_minute need a limit_key(payload) that names what they limit"
            raise ImproperlyConfigured(f"{cls.__qualname__}: {text}")
        if names_keys and not limits:
            text = "limit_key limits nothing without limit_running or limit_per_minute"
            raise ImproperlyConfigured(f"{cls.__qualname__}: {text}")

    def estimate(self, payload: P) -> float:
        """Estimate the seconds that a run with this payload takes. Override it when they depend on the payload."""
        return self.estimated_seconds

    def cache_key(self, payload: P, tenant_id: str) -> str | None:
        """Return a fingerprint of the data that the result depends on beside the payload. Called in a web process.

        None: at present a result is neither kept nor given again.
        """
        return ""

    def limit_key(self, payload: P) -> str | None:
        """Return the name of what ``limit_running`` and ``limit_per_minute`` spare, such as an outside service.

        At most 64 characters; users are told it. None: this payload needs nothing that is limited.
        """
        return None

    def title(self, payload: P) -> str:
        """Return a short text that tells this request from others, for lists. Called when it is submitted.

        One line of at most 120 characters; more is cut. Show no secrets, and ask no database: that raises. When it
        raises or returns no text, the request gets the default, which is made of the action and simple values.
        """
        return default_title(self.action, payload)

    def permissions_for(self, payload: P) -> Collection[str]:
        """Return the permissions that the token needs for this payload, beside ``permission``."""
        return ()

    def run(self, payload: P, context: Context) -> Mapping[str, Any] | None:
        """Do the work; return what the client gets as ``result``. Must be JSON."""
        raise NotImplementedError(f"{type(self).__qualname__}.run")

    def receipt(self, payload: P, context: Context) -> Mapping[str, Any] | None:
        """Return what was done and stays done. Called in a worker for a request that ends without completing.

        Clients get it, with the files that it saves, in the final message: of a cancel, an error, a time limit or lost
        workers. It may be called again after it was interrupted. ``report`` shows nothing here. Must be JSON; None: no
        receipt. A handler that does not override it lets its requests end at once.
        """
        return None

    def parse(self, payload: Mapping[str, Any]) -> P:
        """Validate a payload as it came over the wire; raises ``InvalidPayload`` with every fault.

        ``warnings_about`` the outcome names the unknown fields that were left out.
        """
        try:
            return self._validate(payload)
        except pydantic.ValidationError as error:
            count, errors = error.error_count(), _first_errors(error)
        unknown = [item.loc for item in errors if item.type == UNKNOWN]
        faults = [self._fault(item, compare=len(unknown) <= MOST) for item in errors]
        if not 0 < len(unknown) <= MOST or count > len(errors) or self._is_strict:
            raise InvalidPayload(faults, count=count)
        known, removed = without_unknown(payload, unknown)
        try:
            parsed = self._validate(known)
        except pydantic.ValidationError:
            raise InvalidPayload(faults, count=count) from None
        return leave_out(parsed, [_warning(parsed, path) for path in removed])

    @property
    def _is_strict(self) -> bool:
        """Tell whether an unknown field is a fault."""
        return bool(settings.STREAMER_STRICT_PAYLOADS) if self.strict is None else self.strict

    def _validate(self, payload: Mapping[str, Any]) -> P:
        # By way of JSON, because only there strict types still let a date be written as a string.
        return self.payload_model.model_validate_json(msgspec.json.encode(payload))  # type: ignore[return-value]

    def _fault(self, item: "_Error", *, compare: bool) -> Fault:
        message = item.msg.removeprefix("Value error, ")
        if item.type == UNKNOWN:
            # Comparing thousands of names would hold up the event loop.
            message = describe_unknown(self.payload_model, item.loc) if compare else NO_SUCH_FIELD
        return {"path": as_text(item.loc), "message": message, "type": item.type}


class _Error(msgspec.Struct):
    """One error of Pydantic."""

    type: str
    loc: Path
    msg: str


def _first_errors(error: pydantic.ValidationError) -> list[_Error]:
    # By way of JSON, because Pydantic needs 0.2 s to list 90,000 errors in Python, and a tenth of that as text.
    text = error.json(include_url=False, include_input=False, include_context=False)
    first = msgspec.json.decode(text, type=list[msgspec.Raw])[:MAX_FAULTS]
    return [msgspec.json.decode(item, type=_Error) for item in first]


def max_result_bytes() -> int:
    """Return how large a result may be, as JSON. A larger one becomes a file."""
    return int(settings.STREAMER_INLINE_RESULT_BYTES)


def makes_receipts(handler: Handler[Any]) -> bool:
    """Return True if the class of the handler overrides ``receipt``."""
    return type(handler).receipt is not Handler.receipt


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
