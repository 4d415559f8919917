"""The base of all kinds of values."""

from abc import ABC, abstractmethod
from typing import Any

from jobs.conf.faults import quoted, without_password


class Kind(ABC):
    """A kind of value: read from a text of the environment, or given by Python code."""

    @abstractmethod
    def describe(self) -> str:
        """Describe the values in words, such as "a whole number from 1 to 100"."""

    @abstractmethod
    def parse(self, text: str) -> Any:
        """Make the value of a text. Raises ``ValueError``; its message, if any, is shown to people."""

    @abstractmethod
    def check(self, value: Any) -> None:
        """Raise ``ValueError`` if Python code may not give this value."""

    def nearest(self, text: str) -> str:
        """Return the valid text that is nearest to a wrong one, or an empty text."""
        return ""

    def write(self, value: Any) -> str:
        """Write a value as the environment has it."""
        return str(value)

    def show(self, value: Any) -> str:
        """Quote a wrong value for people. A URL that got into the wrong variable keeps its password for itself."""
        is_url = isinstance(value, str) and ("://" in value or "@" in value)
        return quoted(without_password(value) if is_url else value)
