"""Load the model, check the data's columns against it, and predict batch by batch."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from jobs.handler import (
    DATA,
    Context,
    Fault,
    InvalidPayload,
    OpenTable,
    blank_unusable_dates,
    max_result_bytes,
    name_file,
)
from jobs.handlers.predict.output import output_schema
from jobs.handlers.predict.payload import PredictPayload
from jobs.handlers.process_data.fitting import MARGIN_BYTES, fitting_notes, json_size, those_that_fit
from jobs.handlers.process_data.learning.features.selection import with_unique_names
from jobs.handlers.process_data.learning.features.typed_frame import count_unreadable
from jobs.handlers.process_data.learning.fit import one_thread
from jobs.handlers.process_data.learning.models.file import load_model
from jobs.handlers.process_data.learning.models.model import Model
from jobs.handlers.process_data.output.names import name_data
from jobs.handlers.process_data.output.predictions import append_to_batch
from jobs.handlers.process_data.output.writers import MEDIA_TYPES, as_records, open_writer

BATCH_ROWS = 5_000
PREVIEW_ROWS = 100
_LOADED, _READ, _PREDICTED = 5.0, 20.0, 98.0
"""Percentages at the end of each stage."""


def predict(payload: PredictPayload, context: Context) -> dict[str, Any]:
    """Return the result of the action; see docs/reference/learning.md."""
    with context.open_artifact(payload.model) as file, one_thread():
        model = load_model(file)
    context.report(_LOADED, f"Model loaded: {model.name}, {model.task}", stage="loading")

    def on_rows(done: int, total: int | None) -> None:
        share = done / total if total else 0.0
        context.report(_LOADED + share * (_READ - _LOADED), f"{done:,} rows read", stage="reading", rows=done)

    with context.open_data(payload.data_source, on_rows=on_rows) as table:
        _require_columns(model, table.columns)
        notes = [*table.notes, *blank_unusable_dates(table)]
        context.report(_READ, f"{table.rows:,} rows read", stage="reading", rows=table.rows)
        return _fitting(_predict_table(model, table, payload, context), notes)


def _predict_table(model: Model, table: OpenTable, payload: PredictPayload, context: Context) -> dict[str, Any]:
    written, unreadable, counts = 0, Counter[str](), Counter[str]()
    preview: list[dict[str, Any]] = []
    form = payload.output.format
    with (
        one_thread(),
        context.save_artifact(
            _filename(model, name_data(payload.data_source, table), form), MEDIA_TYPES[form]
        ) as artifact,
        open_writer(form, artifact.file, schema := output_schema(model, table)) as writer,
    ):
        for batch in table.stream(f"SELECT * FROM {DATA}", BATCH_ROWS):
            context.check()
            rows = with_unique_names(batch.to_pandas())
            unreadable.update(count_unreadable(rows, model.used))
            predicted = model.predict(rows)
            _count(model, predicted, counts)
            output = append_to_batch(batch, predicted, schema)
            writer.write(output)
            if len(preview) < PREVIEW_ROWS:
                preview += as_records(output.slice(0, PREVIEW_ROWS - len(preview)))
            written += len(rows)
            share = written / table.rows if table.rows else 1.0
            percentage = _READ + share * (_PREDICTED - _READ)
            text = f"{written:,} of {table.rows:,} rows predicted"
            context.report(percentage, text, stage="predicting", rows=written, rows_total=table.rows)
    return {
        "model": {"name": model.name, "task": model.task, "target": model.target, "metrics": model.metrics},
        "rows": written,
        "counts": dict(counts),
        "ignored_columns": _ignored_columns(model, table.columns),
        "unreadable_values": dict(unreadable),
        "preview": preview,
        "output": artifact.describe(),
    }


def _fitting(result: Mapping[str, Any], notes: Sequence[str]) -> dict[str, Any]:
    """Return the result, no larger than one may be: of the rows and of the unused columns it has the first that fit."""
    quarter = max_result_bytes() // 4
    ignored = those_that_fit(result["ignored_columns"], quarter)
    if more := len(result["ignored_columns"]) - len(ignored):
        notes = [f"The result has no room for {more:,} more columns that the model does not use.", *notes]
    rest = {**result, "ignored_columns": ignored, "preview": [], "notes": fitting_notes(notes, quarter)}
    room = max_result_bytes() - json_size(rest) - MARGIN_BYTES
    return {**rest, "preview": those_that_fit(result["preview"], room)}


def _filename(model: Model, data: str, form: str) -> str:
    if model.target is not None:
        return name_file(data, model.target, "predictions", ending=form)
    return name_file(data, "clusters" if model.task == "clustering" else "anomalies", ending=form)


def _require_columns(model: Model, columns: Mapping[str, str]) -> None:
    """Raise ``InvalidPayload`` with a fault for each column that the model needs and the data lacks."""
    faults: list[Fault] = [
        {
            "path": "data_source",
            "message": f"the data has no column '{column.name}' ({column.kind.value}), which the model needs",
            "type": "missing_column",
        }
        for column in model.used
        if column.name not in columns
    ]
    if faults:
        raise InvalidPayload(faults)


def _ignored_columns(model: Model, columns: Mapping[str, str]) -> list[str]:
    needed = {column.name for column in model.used}
    return [name for name in columns if name not in needed]


def _count(model: Model, predicted: pd.DataFrame, counts: "Counter[str]") -> None:
    """Count the rows of each class or cluster, the anomalies and the uncertain predictions."""
    if model.task == "classification":
        counts.update(map(str, predicted["prediction"]))
    elif model.task == "clustering":
        counts.update(f"cluster {number}" for number in predicted["cluster"])
    elif model.task == "anomaly":
        counts["anomalies"] += int(predicted["anomaly"].sum())
    if "certainty" in predicted:
        counts["uncertain"] += int((predicted["certainty"] == "uncertain").sum())
