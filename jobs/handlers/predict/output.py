"""Define the schema of rows with predictions, for the writers of ``process_data``."""

import pyarrow as pa

from jobs.handler import DATA, OpenTable
from jobs.handlers.process_data.learning.features.selection import with_unique_names
from jobs.handlers.process_data.learning.models.model import Model
from jobs.handlers.process_data.output.predictions import append_to_schema


def output_schema(model: Model, table: OpenTable) -> pa.Schema:
    """Find the schema from one row, of missing values if the table is empty, so that empty files have columns too."""
    one_row = f"SELECT found.* FROM (SELECT 1) AS one LEFT JOIN (SELECT * FROM {DATA} LIMIT 1) AS found ON true"
    batch = next(iter(table.stream(one_row, 1)))
    return append_to_schema(batch.schema, model.predict(with_unique_names(batch.to_pandas())))
