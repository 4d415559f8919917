"""List the facts on the cover of a report about classes or numbers."""

from jobs.handlers.process_data.learning.report.style import format_share
from jobs.handlers.process_data.learning.supervised.training import TrainingResult

_NAMED = 5


def facts_of(fitted: TrainingResult, *, seed: int) -> list[tuple[str, str]]:
    model, rows = fitted.model, len(fitted.kept)
    return [
        ("Target", str(model.target)),
        ("Rows", f"{rows:,}" + (f", and {fitted.dropped:,} left out" if fitted.dropped else "")),
        ("For the test", f"{len(fitted.test):,} ({format_share(len(fitted.test) / rows)})"),
        ("Model", model.name),
        ("Seed", str(seed)),
        ("Features", name_features([column.name for column in model.used], len(model.columns))),
    ]


def name_features(names: list[str], columns: int) -> str:
    """Name the columns that were learned from, of ``columns`` there are."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{len(names):,} of {columns:,}: {', '.join(names[:_NAMED])}{more}"
