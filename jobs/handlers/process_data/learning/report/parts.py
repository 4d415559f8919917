"""Define what a report about a model is made of. ``document`` lays it out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from matplotlib.axes import Axes

from jobs.handlers.process_data.learning.report.style import shorten

Draw = Callable[[Axes], None]


@dataclass(frozen=True, kw_only=True)
class Cover:
    """The facts that the run of a request knows about its report, and learning does not."""

    data: str
    """The name of the rows that people see."""
    generated_at: datetime
    request_id: str
    units: Mapping[str, str] = field(default_factory=dict)
    """Column → its unit, where one is known."""

    def name_with_unit(self, column: object, limit: int = 40) -> str:
        """Name a column and, in brackets, its unit."""
        name = shorten(column, limit)
        return f"{name} ({self.units[str(column)]})" if str(column) in self.units else name


@dataclass(frozen=True, kw_only=True)
class Metric:
    name: str
    reading: str
    """A few words on how to read it."""
    value: str
    baseline: str
    validation: str = ""
    """Mean and spread in cross-validation; empty in every metric of a model that has none."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    title: str
    reading: str
    """A sentence on what is seen."""
    draw: Draw
    height: float = 190.0
    """In points."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A table of texts."""

    title: str
    reading: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    """The shares of the columns in the width of the page. Together they are 1."""


@dataclass(frozen=True, kw_only=True)
class Report:
    title: str
    subtitle: str
    verdict: str
    """One sentence: how good the model is, beside a baseline."""
    facts: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    findings: Sequence[str]
    """Sentences about what was found, and how."""
    metrics: Sequence[Metric]
    baseline: str
    """A sentence that says what the baseline is."""
    parts: Sequence[Chart | Listing]
