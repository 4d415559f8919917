"""JSON as pages show it: without secrets, indented, folded when long, cut when enormous. The template escapes it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.admin.detail.redaction import without_secrets
from jobs.formatting import format_count

_FOLD_CHARACTERS = 1500
_FOLD_LINES = 16
_MAX_CHARACTERS = 200_000
_MAX_VALUES = 100


@dataclass(frozen=True, kw_only=True)
class Document:
    """One JSON value, ready to be shown."""

    title: str
    text: str
    characters: int
    """Of the whole text, even when ``text`` is cut."""
    folds: bool
    """True: it is folded when it is long."""
    values: Sequence[tuple[str, str, bool]] = ()
    """Name and text of each value of an object; True: the text is JSON. Empty for what is shown as ``text`` alone."""

    @property
    def is_long(self) -> bool:
        return self.folds and (self.characters > _FOLD_CHARACTERS or self.text.count("\n") >= _FOLD_LINES)

    @property
    def is_cut(self) -> bool:
        return self.characters > len(self.text)

    @property
    def size(self) -> str:
        return format_count(self.characters)


def document(title: str, value: Any, *, folds: bool = True, by_name: bool = False) -> Document:
    """Prepare a value. ``by_name`` shows the values of an object side by side with their names."""
    shown = without_secrets(value)
    text = _json(shown)
    named = shown.items() if by_name and isinstance(shown, dict) and len(shown) <= _MAX_VALUES else ()
    return Document(
        title=title,
        text=text[:_MAX_CHARACTERS],
        characters=len(text),
        folds=folds,
        values=[(_legal(str(name)), *_value(one)) for name, one in named] if len(text) <= _MAX_CHARACTERS else (),
    )


def _value(value: Any) -> tuple[str, bool]:
    if isinstance(value, str):
        return _legal(value), False
    return _json(value), isinstance(value, dict | list)


def _json(value: Any) -> str:
    return _legal(json.dumps(value, indent=2, ensure_ascii=False))


def _legal(text: str) -> str:
    # Half a surrogate pair is legal in JSON, but no page can be encoded with it.
    return text.encode(errors="backslashreplace").decode()
