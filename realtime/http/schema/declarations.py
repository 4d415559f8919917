"""The declaration of an endpoint: all that a client needs to know before it calls.

A parameter, a body or an answer has a struct of ``bodies`` or ``realtime.wire``, or a JSON Schema of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from jobs.errors import ErrorCode

Method = Literal["get", "post", "delete"]
Security = Literal["token", "none", "signature", "request_token", "signature_or_request_token", "session", "operator"]
"""The ways to identify oneself. All but ``none`` and ``operator`` take the token of a user too."""
Kind = Any
"""A struct, another type that msgspec knows, or a JSON Schema as a dictionary."""
JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter beside those of the path."""

    name: str
    description: str
    schema: Mapping[str, Any]
    where: Literal["query", "header"] = "query"
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that is no error."""

    status: int
    description: str
    body: Kind | None = None
    """None: there is no body."""
    media_type: str = JSON
    also: Mapping[str, Kind] = field(default_factory=dict)
    """Media type → body, where the client chooses among several with ``Accept``."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header → description."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of an endpoint. GET stands for HEAD too."""

    method: Method
    name: str
    """The operation's id, by which generated clients call it."""
    summary: str
    answers: Sequence[Answer]
    errors: Sequence[ErrorCode | tuple[int, ErrorCode]] = ()
    """Codes, with a status where it is not the code's own. Those that every endpoint can have are added."""
    description: str = ""
    permission: str | None = None
    security: Security = "token"
    parameters: Sequence[Parameter] = ()
    body: Kind | None = None
    body_media_type: str = JSON
    body_required: bool = True
    body_example: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A path, with names in braces for its parameters, and its operations."""

    path: str
    operations: Sequence[Operation]
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Parameter of the path → description."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Endpoints that belong together. They count once the installation serves all of their paths.

    A later resource may declare a path again, and then replaces the declaration before.
    """

    name: str
    description: str
    endpoints: Sequence[Endpoint]
    needs: Sequence[str] = ()
    """Further paths that must be served for it to count."""
