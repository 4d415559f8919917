"""The messages of a request. Those with ``seq`` are numbered 1, 2, 3 … and kept in its log."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from realtime.wire.server.base import ServerMessage
from realtime.wire.server.shapes import Error, File, UnknownField, WaitReason


class Waiting(ServerMessage, kw_only=True, tag="waiting"):
    """The request has another place in the queue. It has no number; each replaces the one before."""

    request_id: str
    ahead: int
    """The requests of the same queue that would start earlier if nothing changed."""
    position: int
    """``ahead`` + 1."""
    estimated_seconds: float
    """The seconds that a run takes."""
    id: str | UnsetType = UNSET
    reason: WaitReason | UnsetType = UNSET
    """Left out where it is not known if a worker is there."""
    limit_key: str | UnsetType = UNSET
    """The name of what it waits for; only with the reason ``key_limit``."""
    estimated_start_seconds: float | UnsetType = UNSET
    """The seconds until it starts, where that can be foretold."""


class RequestMessage(ServerMessage, kw_only=True):
    """The fields of every numbered message."""

    request_id: str
    seq: int
    """1, 2, 3 … without a gap."""
    attempt: int
    """0 for a request that ends before its first attempt."""
    id: str | UnsetType = UNSET
    """The client's id of the request, if it gave one."""


class Started(RequestMessage, kw_only=True, tag="started"):
    """An attempt has begun."""


class Progress(RequestMessage, kw_only=True, tag="progress"):
    """The work has come further."""

    percentage: float
    """0–100. It never goes back inside an attempt."""
    message: str
    metadata: dict[str, Any]
    """Facts of the action; ``stage`` names the stage."""


class Partial(RequestMessage, kw_only=True, tag="partial"):
    """An interim result."""

    data: Any


class Retrying(RequestMessage, kw_only=True, tag="retrying"):
    """An attempt has failed, and another one follows."""

    retry_at: float
    """Not before this time, in Unix seconds."""
    error: Error


class Complete(RequestMessage, kw_only=True, tag="complete"):
    """The request has ended with a result."""

    success: Literal[True]
    result: Any
    """The result of the action, or the description of a file where it is large."""
    final: Literal[True]
    failed_items: int | UnsetType = UNSET
    """The items that could not be done; left out where there are none."""
    artifacts: list[File] | UnsetType = UNSET
    """The first 100 files."""
    artifacts_total: int | UnsetType = UNSET
    """The number of all files, where there are more."""
    cached: Literal[True] | UnsetType = UNSET
    """True: the result is that of an earlier request."""
    cached_from: str | UnsetType = UNSET
    computed_at: float | UnsetType = UNSET
    """The time when the earlier request ended, in Unix seconds."""
    warnings: list[UnknownField] | UnsetType = UNSET
    """Only in an answer of HTTP to a request whose client waited for this message."""


class Failed(RequestMessage, kw_only=True, tag="error"):
    """The request has ended with an error."""

    success: Literal[False]
    error: Error
    final: Literal[True]
    receipt: Any | UnsetType = UNSET
    """The work that was done and stays done."""
    artifacts: list[File] | UnsetType = UNSET
    """The files of the receipt."""
    artifacts_total: int | UnsetType = UNSET
    warnings: list[UnknownField] | UnsetType = UNSET
    """Only in an answer of HTTP to a request whose client waited for this message."""


class Cancelled(RequestMessage, kw_only=True, tag="cancelled"):
    """The request has ended because somebody cancelled it."""

    success: Literal[False]
    mode: Literal["before_start", "cooperative", "killed"]
    seconds: float
    """From the wish to the end."""
    final: Literal[True]
    receipt: Any | UnsetType = UNSET
    """The work that was done and stays done."""
    artifacts: list[File] | UnsetType = UNSET
    """The files of the receipt."""
    artifacts_total: int | UnsetType = UNSET
    warnings: list[UnknownField] | UnsetType = UNSET
    """Only in an answer of HTTP to a request whose client waited for this message."""
