"""JSON as pages show it: indented, folded when long, cut when enormous. The template escapes it."""

import json
from dataclasses import dataclass
from typing import Any

_FOLD_CHARACTERS = 1500
_FOLD_LINES = 16
_MAX_CHARACTERS = 200_000


@dataclass(frozen=True, kw_only=True)
class Document:
    """One JSON value, ready to be shown."""

    title: str
    text: str
    size: int
    """Characters of the whole text, even when ``text`` is cut."""

    @property
    def is_long(self) -> bool:
        return self.size > _FOLD_CHARACTERS or self.text.count("\n") >= _FOLD_LINES

    @property
    def is_cut(self) -> bool:
        return self.size > len(self.text)


def document(title: str, value: Any) -> Document:
    # Half a surrogate pair is legal in JSON, but no page can be encoded with it.
    text = json.dumps(value, indent=2, ensure_ascii=False).encode(errors="backslashreplace").decode()
    return Document(title=title, text=text[:_MAX_CHARACTERS], size=len(text))
