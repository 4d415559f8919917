"""What a pipeline that learns tells of its progress."""

from collections.abc import Mapping
from typing import Any, Protocol


class Steps(Protocol):
    """Each of the first three says that ``done`` of ``total`` units of a stage are done. All raise ``Stop``."""

    def preprocessing(self, done: int, total: int, text: str, **counts: Any) -> None: ...

    def features(self, done: int, total: int, text: str, **counts: Any) -> None: ...

    def model(self, done: int, total: int, text: str, **counts: Any) -> None: ...

    def partial(self, data: Mapping[str, Any]) -> None:
        """Send an interim result, such as the metrics of a first model."""

    def check(self) -> None:
        """Raise if the run must end."""
