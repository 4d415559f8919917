"""Rows with their predictions as Arrow batches, for the writers of ``process_data``."""

import pandas as pd
import pyarrow as pa

from jobs.handler import DATA, OpenTable
from jobs.handlers.process_data.learning.frames import with_own_names
from jobs.handlers.process_data.learning.model import Model, attach


def output_schema(model: Model, table: OpenTable) -> pa.Schema:
    """Known from one row, of missing values if the table has none, so that files without rows have columns too."""
    one_row = f"SELECT found.* FROM (SELECT 1) AS one LEFT JOIN (SELECT * FROM {DATA} LIMIT 1) AS found ON true"
    batch = next(iter(table.stream(one_row, 1)))
    rows = with_own_names(batch.to_pandas())
    predicted = model.predict(rows)
    names = list(attach(rows, predicted).columns)
    types = [*batch.schema.types, *pa.Schema.from_pandas(predicted, preserve_index=False).types]
    return pa.schema(list(zip(names, types, strict=True)))


def output_batch(batch: pa.RecordBatch, predicted: pd.DataFrame, schema: pa.Schema) -> pa.RecordBatch:
    """The rows as they came, not as pandas has them: a whole number beside a missing one stays whole."""
    own = batch.num_columns
    added = [
        pa.array(predicted[name], schema.field(own + at).type, from_pandas=True)
        for at, name in enumerate(predicted.columns)
    ]
    return pa.RecordBatch.from_arrays([*batch.columns, *added], schema=schema)
