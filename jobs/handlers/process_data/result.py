"""Make the result that a client gets when its rows are processed."""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from jobs.handler import max_result_bytes
from jobs.handlers.process_data.fitting import MARGIN_BYTES, fitting_notes, json_size, those_that_fit
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
    notes: Sequence[str],
    dataset: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the result as JSON, no larger than a result may be: of the rows it has the first ones that fit.

    ``records``: the rows read; ``seconds``: the duration of the run.
    ``figures``: the pipeline's own entries of the summary. ``artifacts``: what a file is (output, model, report) → its
    description. ``dataset``: the description of the dataset that the outcome is kept as, if any.
    ``notes``: sentences for people.
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
    files = {"artifacts": {name: dict(stored) for name, stored in artifacts.items()}, **kept}
    rest = {"notes": fitting_notes(notes, max_result_bytes() // 4), **files}
    room = max_result_bytes() - json_size({"records": [], **rest}) - MARGIN_BYTES
    shortened = _shortened(summary, room)
    first = those_that_fit(first_records(outcome, _RECORDS), room - json_size(shortened))
    return {"summary": shortened, "records": first, **rest}


def _shortened(summary: Mapping[str, Any], room: int) -> dict[str, Any]:
    """Leave the largest lists and objects out of a summary that takes more than ``room`` bytes; name them."""
    kept = dict(summary)
    left_out: list[str] = []
    while json_size(kept) > room:
        sizes = {name: json_size(value) for name, value in kept.items() if isinstance(value, Mapping | list)}
        if not sizes:
            break
        largest = max(sizes, key=lambda name: sizes[name])
        del kept[largest]
        left_out.append(largest)
    return {**kept, "left_out": left_out} if left_out else kept


def _type_in_words(data_type: pa.DataType) -> str:
    """Return Arrow's name of the type, without the width of its offsets."""
    return str(data_type).replace("large_", "")
