"""Write the records as CSV: UTF-8, a header row, commas, quoted text, empty cells for missing values."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from jobs.handler import format_counted, guard_formula
from jobs.handlers.generate_report.records.batches import stream_records
from jobs.handlers.generate_report.records.selection import Selection
from jobs.handlers.generate_report.stages import Progress, Stage


def write_csv(path: Path, selection: Selection, progress: Progress) -> None:
    total, written = selection.records, 0
    with path.open("wb") as file:
        file.write(_header(selection))
        options = pa.csv.WriteOptions(include_header=False)
        for batch in stream_records(selection, as_csv=True):
            pa.csv.write_csv(batch, file, options)
            written += batch.num_rows
            progress.report(
                Stage.GENERATING,
                written,
                total,
                f"Wrote {written:,} of {format_counted(total, 'row')}",
                rows_written=written,
                rows_total=total,
            )


def _header(selection: Selection) -> bytes:
    names = (guard_formula(name).replace('"', '""') for name in selection.columns.all)
    return (",".join(f'"{name}"' for name in names) + "\n").encode()
