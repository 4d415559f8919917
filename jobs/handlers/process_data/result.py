"""Make the result that a client gets when its rows are processed."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from jobs.handlers.process_data.output.files import first_records
from jobs.handlers.process_data.output.outcome import Outcome
from jobs.handlers.process_data.payload import Pipeline

_RECORDS = 100
_LIBRARIES = {"duckdb": "duckdb", "numpy": "numpy", "pandas": "pandas", "pyarrow": "pyarrow", "sklearn": "scikit-learn"}


def make_result(
    outcome: Outcome,
    artifacts: Mapping[str, Mapping[str, Any]],
    *,
    pipeline: Pipeline,
    records: int,
    dropped: int,
    seconds: float,
    data_fingerprint: str,
    figures: Mapping[str, Any],
    dataset: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the result as JSON. ``records``: the rows read; ``seconds``: the duration of the run.

    ``figures``: the pipeline's own entries of the summary. ``artifacts``: what a file is (output, model, report) → its
    description. ``dataset``: the description of the dataset that the outcome is kept as, if any.
    """
    summary = {
        "pipeline": pipeline,
        "total_records": records,
        "output_records": outcome.rows,
        "dropped": dropped,
        "processing_time": round(seconds, 3),
        "model": None,
        "model_version": None,
        "metrics": {},
        "baseline": {},
        "seed": None,
        **figures,
        "data_fingerprint": data_fingerprint,
        "versions": {
            "python": platform.python_version(),
            **{name: version(distribution) for name, distribution in _LIBRARIES.items()},
        },
        "columns": [{"name": field.name, "type": _type_in_words(field.type)} for field in outcome.schema],
    }
    kept = {} if dataset is None else {"dataset": dict(dataset)}
    return {
        "summary": summary,
        "records": first_records(outcome, _RECORDS),
        "artifacts": {name: dict(stored) for name, stored in artifacts.items()},
        **kept,
    }


def _type_in_words(data_type: pa.DataType) -> str:
    """Return Arrow's name of the type, without the width of its offsets."""
    return str(data_type).replace("large_", "")
