"""Append predictions to rows, batch by batch, and keep the types of the rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from jobs.handler import DATA, OpenTable
from jobs.handlers.process_data.columns import Column
from jobs.handlers.process_data.learning.fit import one_thread
from jobs.handlers.process_data.learning.models.model import attach
from jobs.handlers.process_data.learning.result import LearningResult
from jobs.handlers.process_data.output.outcome import Outcome, outcome_of_table
from jobs.handlers.process_data.reading.sampling import Sample

UNSEEN = "unseen"
"""The part of a row that was in neither the training nor the test part."""


def outcome_of_predictions(table: OpenTable, sample: Sample, learned: LearningResult) -> Outcome:
    """Return all rows that can have a prediction. Rows of the sample have theirs, the others are predicted now."""
    columns = [Column(name=name, type=column_type) for name, column_type in table.columns.items()]
    own = outcome_of_table(table, DATA, columns, table.rows)
    known = learned.output.iloc[:, len(sample.frame.columns) :]
    places = np.full(table.rows, -1, dtype=np.int32)
    places[learned.rows if sample.positions is None else sample.positions[learned.rows]] = np.arange(len(known))
    wanted = places >= 0 if sample.positions is None else sample.predictable
    schema = append_to_schema(own.schema, known)

    def batches(rows: int) -> Iterator[pa.RecordBatch]:
        first = 0
        for batch in own.batches(rows):
            here = slice(first, first + batch.num_rows)
            first = here.stop
            chosen = np.flatnonzero(wanted[here])
            if len(chosen):
                taken = batch.take(pa.array(chosen))
                yield append_to_batch(taken, _predicted(learned, known, taken, places[here][chosen]), schema)

    return Outcome(schema=schema, rows=int(wanted.sum()), batches=batches)


def _predicted(learned: LearningResult, known: pd.DataFrame, batch: pa.RecordBatch, places: Any) -> pd.DataFrame:
    if (places >= 0).all():
        return known.take(places)
    with one_thread():
        predicted = learned.model.predict(batch.to_pandas())
    if "part" in known:
        predicted["part"] = np.where(places >= 0, known["part"].to_numpy()[places], UNSEEN)
    return predicted


def append_to_schema(own: pa.Schema, predicted: pd.DataFrame) -> pa.Schema:
    """Return the schema of rows with the columns of ``predicted`` appended; a taken name gets an underscore."""
    names = attach(own.empty_table().to_pandas(), predicted.iloc[:0]).columns
    types = [*own.types, *pa.Schema.from_pandas(predicted, preserve_index=False).types]
    return pa.schema(list(zip(names, types, strict=True)))


def append_to_batch(batch: pa.RecordBatch, predicted: pd.DataFrame, schema: pa.Schema) -> pa.RecordBatch:
    """Append the predictions to the Arrow batch. Unlike pandas, it keeps whole numbers beside missing ones whole."""
    own = batch.num_columns
    added = [
        pa.array(predicted[name].to_numpy(), schema.field(own + at).type, from_pandas=True)
        for at, name in enumerate(predicted.columns)
    ]
    return pa.RecordBatch.from_arrays([*batch.columns, *added], schema=schema)
