"""Define the progress interface of learning. Light to import."""

from collections.abc import Mapping
from typing import Any, Protocol


class Steps(Protocol):
    """Progress in three stages, each counted on its own: ``done`` of ``total`` steps, a text, and counts."""

    def preprocessing(self, done: int, total: int, text: str, **counts: Any) -> None: ...

    def features(self, done: int, total: int, text: str, **counts: Any) -> None: ...

    def model(self, done: int, total: int, text: str, **counts: Any) -> None: ...

    def partial(self, data: Mapping[str, Any]) -> None:
        """Report interim figures, such as the scores of a fold or a candidate."""

    def check(self) -> None:
        """Raise if the run must end."""
