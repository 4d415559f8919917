"""The records in a workbook, on as many sheets as they need."""

from collections.abc import Callable
from typing import Any

from jobs.handlers.generate_report.columns import Column, Kind
from jobs.handlers.generate_report.excel_sheets import Look, prepare_print
from jobs.handlers.generate_report.records import stream_records
from jobs.handlers.generate_report.selection import Selection
from jobs.handlers.generate_report.stages import Progress, Stage

ROWS_PER_SHEET = 1_048_575
"""What Excel holds, less the header."""
_MOST_CHARACTERS = 32_767
_MOST_EXACT = 10**13
_WIDTHS = {Kind.NUMBER: 13, Kind.DATE: 12, Kind.MOMENT: 20, Kind.BOOLEAN: 9, Kind.TEXT: 24}

Write = Callable[[int, int, Any], None]
"""Puts a value that is not None into row and column."""


def write_records(workbook: Any, look: Look, selection: Selection, progress: Progress) -> None:
    columns = list(selection.columns.all.values())
    total, written, sheets = selection.records, 0, 1
    sheet, row = _new_sheet(workbook, look, columns, sheets), 0
    writers = _writers(sheet, look, columns)
    for batch in stream_records(selection, as_csv=False):
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if row == ROWS_PER_SHEET:
                sheet.autofilter(0, 0, row, len(columns) - 1)
                sheets += 1
                sheet, row = _new_sheet(workbook, look, columns, sheets), 0
                writers = _writers(sheet, look, columns)
            row += 1
            for column, value in enumerate(values):
                if value is not None:
                    writers[column](row, column, value)
        written += batch.num_rows
        message = f"Wrote {written:,} of {total:,} rows"
        progress.report(Stage.GENERATING, written, total, message, rows_written=written, rows_total=total)
    sheet.autofilter(0, 0, row, len(columns) - 1)


def _new_sheet(workbook: Any, look: Look, columns: list[Column], number: int) -> Any:
    sheet = workbook.add_worksheet("Records" if number == 1 else f"Records {number}")
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    prepare_print(sheet)
    for position, column in enumerate(columns):
        sheet.set_column(position, position, max(_WIDTHS[column.kind], len(column.name) + 4))
        is_number = column.kind is Kind.NUMBER
        sheet.write_string(0, position, column.name, look.number_header if is_number else look.header)
    return sheet


def _writers(sheet: Any, look: Look, columns: list[Column]) -> list[Write]:
    writers: dict[Kind, Write] = {
        Kind.DATE: lambda row, column, value: sheet.write_datetime(row, column, value, look.day),
        Kind.MOMENT: lambda row, column, value: sheet.write_datetime(row, column, value, look.moment),
        Kind.BOOLEAN: lambda row, column, value: sheet.write_boolean(row, column, value),
        Kind.TEXT: lambda row, column, value: sheet.write_string(row, column, value[:_MOST_CHARACTERS]),
    }
    return [writers.get(column.kind) or _number_writer(sheet, look, column) for column in columns]


def _number_writer(sheet: Any, look: Look, column: Column) -> Write:
    # Two decimals are money; whole numbers may be identifiers, which want no separators.
    style = look.money if column.type.endswith(",2)") else None
    if column.type in ("FLOAT", "DOUBLE"):
        return lambda row, position, value: sheet.write_number(row, position, value, style)

    def write(row: int, position: int, value: Any) -> None:
        if -_MOST_EXACT < value < _MOST_EXACT:
            sheet.write_number(row, position, value, style)
        else:
            # Excel keeps fifteen digits and would change the rest.
            sheet.write_string(row, position, str(value))

    return write
