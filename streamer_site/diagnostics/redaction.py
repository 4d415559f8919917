"""Keeps tokens and the values of payloads out of what is written down: lines of the log and error reports."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from jobs.facts import Work, current_work

HIDDEN: Final = "[hidden]"
# With a group, what it has found is a token. The beginning of one is read too, so that nothing is read twice.
_TOKEN = re.compile(r"(?<=signature=)([\w-]+)|(?<=[Bb]earer )(\S+)|eyJ[\w-]{5,}(\.[\w-]+\.[\w-]+)?", re.ASCII)
# Shorter ones are in many words, and tell nobody much.
_MIN_CHARACTERS = 4
_LONG_CHARACTERS = 8
_MAX_VALUES = 2000
# Whoever logs a line does not wait for the rest of a payload of hundreds of thousands.
_MAX_READ = 20_000
_MAX_DEPTH = 20
_CODE = ('  File "', "    ")
"""The beginnings of the lines of a traceback that show code."""
_TEXTS_OF_ERRORS = ("exc_value", "exc_notes")
# Deeper than any line of ours.
_FIELD_DEPTH = 8


class Redaction:
    """Hides tokens, and the payload of the work at hand unless ``shows_payload``."""

    def __init__(self, *, shows_payload: bool = False) -> None:
        self._values = () if shows_payload else _values_of(current_work())

    def text(self, text: str) -> str:
        """Return the text without what must not be seen."""
        if found := [value for value in self._values if value in text]:
            # A pattern of all values would take a second to compile.
            text = re.sub("|".join(map(_pattern, found)), HIDDEN, text)
        return _TOKEN.sub(lambda token: HIDDEN if token.lastindex else token[0], text)

    def anything(self, value: Any, depth: int = 0) -> Any:
        """Return the text, or the list or mapping of such, without what must not be seen."""
        if isinstance(value, str):
            return self.text(value)
        if depth >= _FIELD_DEPTH:
            return value
        if isinstance(value, Mapping):
            return {name: self.anything(one, depth + 1) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.anything(one, depth + 1) for one in value]
        return value

    def traceback(self, value: Any) -> Any:
        """Return a traceback, as text or as structlog's list, without what must not be seen in texts of errors.

        Files, functions and lines of code stay as they are.
        """
        if isinstance(value, str):
            return "\n".join(line if line.startswith(_CODE) else self.text(line) for line in value.split("\n"))
        if isinstance(value, list):
            return [self.traceback(one) for one in value]
        if isinstance(value, dict):
            hidden = {name: self.anything(value[name]) for name in _TEXTS_OF_ERRORS if name in value}
            nested = {"exceptions": self.traceback(value["exceptions"])} if value.get("exceptions") else {}
            return {**value, **hidden, **nested}
        return value


@lru_cache(16)
def _values_of(work: Work) -> Sequence[str]:
    """Return the values of the payload, the longest first, for one may be a part of another."""
    found: set[str] = set()
    for value in islice(_values(work.payload, 0), _MAX_READ):
        if value is not None:
            found.add(value)
        if len(found) >= _MAX_VALUES:
            break
    return sorted(found, key=len, reverse=True)


def _pattern(value: str) -> str:
    """Find a long value anywhere, and a short one only where it is a word of its own."""
    text = re.escape(value)
    return text if len(value) >= _LONG_CHARACTERS else rf"(?<!\w){text}(?!\w)"


def _values(value: Any, depth: int) -> Iterator[str | None]:
    """Yield the texts by which a value could be told, and None for each that tells nothing."""
    if depth > _MAX_DEPTH or isinstance(value, bool) or value is None:
        yield None
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _values(one, depth + 1)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _values(one, depth + 1)
    elif len(text := str(value)) >= _MIN_CHARACTERS:
        yield text
        if (quoted := repr(value)[1:-1]) != text and isinstance(value, str):
            yield quoted  # as the text of an error shows it
    else:
        yield None
