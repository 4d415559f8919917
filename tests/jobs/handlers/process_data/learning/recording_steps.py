"""A ``Steps`` that keeps all it is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True)
class RecordingSteps:
    """Give ``on_check`` to raise what ends a run."""

    on_check: Callable[[], None] = lambda: None
    told: list[tuple[str, int, int, str]] = field(default_factory=list)
    partials: list[Mapping[str, Any]] = field(default_factory=list)

    def preprocessing(self, done: int, total: int, text: str, **counts: Any) -> None:
        self.told.append(("preprocessing", done, total, text))

    def features(self, done: int, total: int, text: str, **counts: Any) -> None:
        self.told.append(("features", done, total, text))

    def model(self, done: int, total: int, text: str, **counts: Any) -> None:
        self.told.append(("model", done, total, text))

    def partial(self, data: Mapping[str, Any]) -> None:
        self.partials.append(data)

    def check(self) -> None:
        self.on_check()
