"""The rows that every scenario of the bench measures."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """The figures that one system reached in one scenario.

    The name of a figure is the head of its column and tells its unit, such as `requests/s` or `ack p99 ms`.
    """

    scenario: str
    system: str
    figures: Mapping[str, float]
    bar: str | None = None
    """The bar in words, or None where the scenario has none for this system."""
    below: bool = False
    """True where a figure fell below the bar."""
