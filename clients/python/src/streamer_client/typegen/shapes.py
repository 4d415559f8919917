"""The shapes that payloads and results can have, in no language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""


@dataclass(frozen=True, slots=True)
class Plain:
    name: Literal["string", "integer", "number", "boolean", "null"]


@dataclass(frozen=True, slots=True)
class Constants:
    """One of these values."""

    values: tuple[str | int | bool | None, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    item: "Shape"


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with any keys."""

    value: "Shape"


@dataclass(frozen=True, slots=True)
class OneOf:
    options: tuple["Shape", ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A record of the same action."""

    name: str


Shape = Anything | Plain | Constants | ListOf | MapOf | OneOf | Named


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    shape: Shape
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An object with known fields."""

    name: str
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    name: str
    description: str
    payload: Shape
    needs_payload: bool
    result: Shape
    records: Sequence[Record]
