"""Write all rows of an outcome into an artifact or a dataset."""

from contextlib import AbstractContextManager
from typing import Any

import msgspec

from jobs.handler import Context, DatasetFile, Permanent, format_counted
from jobs.handlers.process_data.output.outcome import Outcome
from jobs.handlers.process_data.output.writers import MEDIA_TYPES, as_records, open_writer
from jobs.handlers.process_data.payload import OutputFormat
from jobs.handlers.process_data.stages import Progress, Stage

_BATCHES = 60
_MIN_ROWS, _MAX_ROWS = 2_048, 65_536
_PAGE_BYTES = 32 * 1024


def write_output(
    outcome: Outcome, form: OutputFormat, filename: str, context: Context, progress: Progress
) -> dict[str, Any]:
    """Write the output file; return the artifact's description."""
    total, written = outcome.rows, 0
    size = min(_MAX_ROWS, max(_MIN_ROWS, -(-total // _BATCHES)))
    progress.report(Stage.OUTPUT, 0, total, f"Writing {format_counted(total, 'row')} as {form}")
    with (
        context.save_artifact(filename, MEDIA_TYPES[form]) as artifact,
        open_writer(form, artifact.file, outcome.schema) as writer,
    ):
        for batch in outcome.batches(size):
            writer.write(batch)
            written += batch.num_rows
            progress.report(Stage.OUTPUT, written, total, f"Wrote {written:,} of {format_counted(total, 'row')}")
    return artifact.describe()


def write_dataset(
    outcome: Outcome, new_dataset: AbstractContextManager[DatasetFile], context: Context, progress: Progress
) -> dict[str, Any]:
    """Write the dataset; return its description. Raises ``Permanent`` for an outcome without rows."""
    if outcome.rows == 0:
        raise Permanent("No row is left; a dataset needs at least one")
    with new_dataset as dataset:
        with open_writer("parquet", dataset.file, outcome.schema) as writer:
            for batch in outcome.batches(_MAX_ROWS):
                writer.write(batch)
                context.check()
        progress.report(Stage.STORING, 0, 1, f"Saving {format_counted(outcome.rows, 'row')} as a dataset")
    return dataset.describe()


def first_records(outcome: Outcome, limit: int) -> list[dict[str, Any]]:
    """Return the first rows as JSON data, as in a JSON output."""
    return as_records(outcome.first(limit))


def first_page(outcome: Outcome, limit: int) -> dict[str, Any]:
    """Return the interim result: the first rows that fit into 32 KiB, at most ``limit`` of them."""
    page: list[dict[str, Any]] = []
    size = 0
    for record in first_records(outcome, limit):
        size += len(msgspec.json.encode(record))
        if size > _PAGE_BYTES:
            break
        page.append(record)
    return {"records": page, "total_records": outcome.rows, "columns": outcome.schema.names}
