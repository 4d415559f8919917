"""Count the missing values of each column before anything is changed."""

from jobs.handler import DATA, OpenTable, format_counted, quote_name
from jobs.handlers.process_data.stages import Progress, Stage
from jobs.handlers.process_data.transformation.working_table import slices


def count_missing(table: OpenTable, progress: Progress) -> dict[str, int]:
    """Return column → number of missing values, for the columns that have any."""
    names = list(table.columns)
    counted = ", ".join(f"count(*) - count({quote_name(name)})" for name in names)
    missing, total = dict.fromkeys(names, 0), table.rows
    for first, after in slices(total):
        [row] = table.fetch(f"SELECT {counted} FROM {DATA} WHERE rowid >= {first} AND rowid < {after}")
        missing = {name: count + found for (name, count), found in zip(missing.items(), row, strict=True)}
        text = f"Checked {after:,} of {format_counted(total, 'row')} for missing values"
        progress.report(Stage.PREPROCESSING, after, total, text)
    return {name: count for name, count in missing.items() if count}
