"""A wrong setting, as one line for people: its name, its value unless that is secret, what is expected, and a hint."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches

_MAX_SHOWN = 80
_USER = re.compile(r"^([A-Za-z][\w+.-]*://)?.*@", re.DOTALL)
_ODD_PORT = re.compile(r":(?!//)(?!\d{1,5}(?:/|$))[^/\[\]]*(?=/|$)")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One wrong value."""

    name: str
    trouble: str
    """The part of the sentence after the name, such as ``is "abc"``."""
    expected: str
    hint: str = ""

    @property
    def problem(self) -> str:
        """Say what is wrong and what is expected, without the hint."""
        return f"{self.name} {self.trouble}. Expected: {self.expected}."

    @property
    def line(self) -> str:
        """Say all of it in one line."""
        return f"{self.problem} {self.hint}".rstrip()


class WrongValue(ValueError):
    """A setting has a value that it may not have."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.line)
        self.fault = fault


def quoted(value: object) -> str:
    """Quote a value for one line: shortened, with everything that cannot be printed escaped."""
    text = value if isinstance(value, str) else repr(value)
    escaped = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    shown = escaped if len(escaped) <= _MAX_SHOWN else f"{escaped[:_MAX_SHOWN]}…"
    return f'"{shown}"'


def without_password(url: str) -> str:
    """Replace everything that may hold a password: what stands before the host, and what follows ``?`` or ``#``."""
    shown, had_user = _USER.subn(lambda match: f"{match[1] or ''}…@", url)
    place, query = re.split(r"[?#]", f"{shown}#", maxsplit=1)
    # Where somebody forgot the host, its password looks like a port.
    place = place if had_user else _ODD_PORT.sub(":…", place)
    return f"{place}?…" if query.strip("#") else place


def nearest_name(name: str, names: Collection[str], *, cutoff: float = 0.6) -> str:
    """Return the most similar of ``names``, or an empty text."""
    return next(iter(get_close_matches(name, names, n=1, cutoff=cutoff)), "")
