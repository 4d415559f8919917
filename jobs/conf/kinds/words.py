"""Words: flags, choices, texts and lists of names."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jobs.conf.faults import nearest_name
from jobs.conf.kinds.base import Kind

_FLAGS = {
    **dict.fromkeys(("true", "on", "yes", "y", "ok", "1"), True),
    **dict.fromkeys(("false", "off", "no", "n", "0"), False),
}


class Flag(Kind):
    """True or false."""

    def describe(self) -> str:
        return "true or false"

    def parse(self, text: str) -> bool:
        try:
            return _FLAGS[text.strip().lower()]
        except KeyError:
            raise ValueError from None

    def check(self, value: Any) -> None:
        if not isinstance(value, bool):
            raise ValueError

    def nearest(self, text: str) -> str:
        word = nearest_name(text.strip().lower(), ("true", "false", "yes", "no"))
        return self.write(_FLAGS[word]) if word else ""

    def write(self, value: Any) -> str:
        return "true" if value else "false"


@dataclass(frozen=True)
class Choice(Kind):
    """One of several words, in any case."""

    words: tuple[str, ...]

    def describe(self) -> str:
        return f"one of {', '.join(filter(None, self.words))}" + (", or nothing" if "" in self.words else "")

    def parse(self, text: str) -> str:
        folded = {word.lower(): word for word in self.words}
        try:
            return folded[text.strip().lower()]
        except KeyError:
            raise ValueError from None

    def check(self, value: Any) -> None:
        if not isinstance(value, str) or value not in self.words:
            raise ValueError

    def nearest(self, text: str) -> str:
        folded = {word.lower(): word for word in self.words}
        return folded.get(nearest_name(text.strip().lower(), folded), "")


@dataclass(frozen=True)
class Text(Kind):
    """A text. ``pattern`` must fit all of it. ``judge`` raises ``ValueError`` for a text that is wrong otherwise."""

    expected: str = "a text"
    pattern: str = ".*"
    may_be_empty: bool = True
    judge: Callable[[str], object] = field(default=str)

    def describe(self) -> str:
        return self.expected

    def parse(self, text: str) -> str:
        self.check(text)
        return text

    def check(self, value: Any) -> None:
        if not isinstance(value, str) or "\0" in value:
            raise ValueError
        if not value:
            if self.may_be_empty:
                return
            raise ValueError
        if not re.fullmatch(self.pattern, value, re.DOTALL):
            raise ValueError
        self.judge(value)


@dataclass(frozen=True)
class Names(Kind):
    """A list, separated by commas. ``pattern`` must fit each name."""

    expected: str
    pattern: str = r"[^\0]+"
    may_be_empty: bool = True
    correct: Callable[[str], str] = field(default=str)
    """Makes of a wrong name the one that was probably meant."""

    def describe(self) -> str:
        return self.expected

    def parse(self, text: str) -> list[str]:
        names = list(filter(None, map(str.strip, text.split(","))))
        self.check(names)
        return names

    def check(self, value: Any) -> None:
        if not isinstance(value, (list, tuple)) or (not value and not self.may_be_empty):
            raise ValueError
        for name in value:
            if not isinstance(name, str) or not re.fullmatch(self.pattern, name):
                raise ValueError

    def nearest(self, text: str) -> str:
        names = [self.correct(name) for name in filter(None, map(str.strip, text.split(",")))]
        try:
            self.check(names)
        except ValueError:
            return ""
        return self.write(names)

    def write(self, value: Any) -> str:
        return ",".join(value)
