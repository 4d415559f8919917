"""Objects, written as JSON."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.conf.kinds.base import Kind


def _accept(name: str, value: Any) -> None:
    """Accept any value."""


def must_be_object(name: str, value: Any) -> None:
    """Raise ``ValueError`` unless the value is an object itself."""
    if not isinstance(value, Mapping):
        raise ValueError(f"the value of '{name}' is no object")


@dataclass(frozen=True)
class Object(Kind):
    """A JSON object. ``judge`` raises ``ValueError`` for a wrong entry; its text must hold no secret."""

    example: str
    judge: Callable[[str, Any], None] = field(default=_accept)
    as_text: bool = False
    """True: the environment's text is kept, and read by the code that uses it. It may be empty."""

    def describe(self) -> str:
        return f"a JSON object such as {self.example}"

    def parse(self, text: str) -> Any:
        if self.as_text and not text.strip():
            return ""
        try:
            value = json.loads(text, parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            raise ValueError(f"the JSON is wrong at character {error.pos + 1}: {error.msg}") from None
        except RecursionError:
            raise ValueError("the JSON is nested too deeply") from None
        self.check(value)
        return text if self.as_text else value

    def check(self, value: Any) -> None:
        if self.as_text and isinstance(value, str):
            return  # what reads it reports its faults
        if not isinstance(value, Mapping):
            raise ValueError
        for name, entry in value.items():
            self.judge(name, entry)

    def write(self, value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value)


def _refuse_constant(word: str) -> None:
    raise ValueError(f"JSON has no {word}")
