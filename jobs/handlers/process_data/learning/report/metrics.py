"""List the metrics of a report beside those of its baseline."""

from collections.abc import Mapping
from typing import Any

from jobs.handlers.process_data.learning.report import style
from jobs.handlers.process_data.learning.report.parts import Metric

Names = Mapping[str, tuple[str, str]]
"""Key of a metric → its name, and a few words on how to read it."""
Validation = Mapping[str, Mapping[str, float | None]]
"""Key of a metric → its mean and spread in cross-validation."""


def list_metrics(
    names: Names, metrics: Mapping[str, Any], baseline: Mapping[str, Any], validation: Validation | None = None
) -> list[Metric]:
    """List the metrics that have names, in that order. ``validation`` is None for a model that has none."""
    return [
        Metric(
            name=name,
            reading=reading,
            value=style.format_number(metrics[key]),
            baseline=style.format_number(baseline[key]),
            validation="" if validation is None else _write_validation(validation[key]),
        )
        for key, (name, reading) in names.items()
    ]


def _write_validation(found: Mapping[str, float | None]) -> str:
    """Write mean ± standard deviation."""
    if found["mean"] is None:
        return "–"
    return f"{style.format_number(found['mean'])} ± {style.format_number(found['std'])}"
