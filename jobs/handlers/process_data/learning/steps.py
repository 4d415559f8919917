"""How learning says where it is. Light to import."""

from collections.abc import Mapping
from typing import Any, Protocol


class Steps(Protocol):
    """Three stages, each counted on its own: ``done`` of ``total`` steps, in words, with figures that belong to it."""

    def preprocessing(self, done: int, total: int, text: str, **counts: Any) -> None: ...

    def features(self, done: int, total: int, text: str, **counts: Any) -> None: ...

    def model(self, done: int, total: int, text: str, **counts: Any) -> None: ...

    def partial(self, data: Mapping[str, Any]) -> None:
        """Interim figures: the scores of a fold or of a candidate."""

    def check(self) -> None:
        """Raise if the run must end."""
