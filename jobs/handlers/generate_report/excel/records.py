"""Write the records of a workbook, on as many sheets as they need."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from xlsxwriter.utility import xl_col_to_name

from jobs.handler import format_counted
from jobs.handlers.generate_report.excel.cells import write_cells, writer_of
from jobs.handlers.generate_report.excel.extent import Extent
from jobs.handlers.generate_report.excel.formats import Formats, fit_width, prepare_print
from jobs.handlers.generate_report.excel.texts import write_text
from jobs.handlers.generate_report.records.batches import stream_records
from jobs.handlers.generate_report.records.columns import Column, Kind
from jobs.handlers.generate_report.records.selection import Selection
from jobs.handlers.generate_report.stages import Progress, Stage
from jobs.handlers.generate_report.wording import Words

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_SHEET = 1_048_575
"""Excel's limit for one sheet, less the header."""
_ROWS_AT_ONCE = 8_192
_MAX_PRINTED = 500
"""Records of one sheet that are printed."""


@dataclass(frozen=True, kw_only=True)
class RecordSheet:
    """A sheet with a header and one template row of empty cells, which carry the style of each column."""

    file: str
    """The name inside the workbook's archive."""
    rows: int
    """The number of records on the sheet."""
    last_cell: str


def add_record_sheets(
    workbook: Any, formats: Formats, selection: Selection, words: Words, extent: Extent
) -> list[RecordSheet]:
    columns, left = list(selection.columns.all.values()), selection.records
    sheets: list[RecordSheet] = []
    while left or not sheets:
        rows = min(left, ROWS_PER_SHEET)
        left -= rows
        sheet = workbook.add_worksheet(f"Records {len(sheets) + 1}" if sheets else "Records")
        _prepare(sheet, formats, columns, words, extent, rows)
        last_cell = f"{xl_col_to_name(len(columns) - 1)}{rows + 1}"
        file = f"xl/worksheets/sheet{sheet.index + 1}.xml"
        sheets.append(RecordSheet(file=file, rows=rows, last_cell=last_cell))
    return sheets


def _prepare(sheet: Any, formats: Formats, columns: Sequence[Column], words: Words, extent: Extent, rows: int) -> None:
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    prepare_print(sheet)
    if rows > _MAX_PRINTED:
        # A print of the whole workbook would otherwise be hundreds of pages. Its area can be changed in Excel.
        sheet.print_area(0, 0, _MAX_PRINTED, len(columns) - 1)
        sheet.set_footer(f"&LThe first {_MAX_PRINTED:,} of {rows:,} records&RPage &P of &N")
    for position, column in enumerate(columns):
        name = words.name_column(column.name)
        sheet.set_column(position, position, max(extent.widths[column.name], fit_width(len(name))))
        is_number = column.kind is Kind.NUMBER
        header = formats.number_header if is_number else formats.header
        write_text(sheet, 0, position, name, header)
        sheet.write_blank(1, position, None, _style(formats, column, words))
    sheet.autofilter(0, 0, rows, len(columns) - 1)


def _style(formats: Formats, column: Column, words: Words) -> Any:
    # Two decimals are money. Whole numbers may be identifiers, which want no separators.
    if column.kind is Kind.NUMBER and (column.type.endswith(",2)") or column.name in words.money_columns):
        return formats.money
    return {Kind.DATE: formats.day, Kind.MOMENT: formats.moment}.get(column.kind)


class RecordRows:
    """All records by date, consumed in order as the sheets are written."""

    def __init__(self, selection: Selection, progress: Progress, max_bytes: int) -> None:
        self._progress = progress
        self._total, self._written = selection.records, 0
        self._columns = [
            (xl_col_to_name(position), writer_of(column))
            for position, column in enumerate(selection.columns.all.values())
        ]
        self._batches = stream_records(selection, as_csv=False)
        self._rest: pa.RecordBatch | None = None
        self.max_bytes = max_bytes
        """An upper bound for the size of one sheet's XML."""

    def check(self) -> None:
        self._progress.check()

    def write(self, file: IO[bytes], rows: int, styles: Sequence[str]) -> None:
        """Write the next ``rows`` as XML, from row 2 of a sheet on. ``styles``: the style attribute of each column."""
        first_row = 2
        while first_row < rows + 2:
            batch = self._take(min(_ROWS_AT_ONCE, rows + 2 - first_row))
            cells = [
                write_cells(values.to_pylist(), write, letters, style, first_row)
                for values, (letters, write), style in zip(batch.columns, self._columns, styles, strict=True)
            ]
            lines = (
                f'<row r="{row}">{"".join(line)}</row>'
                for row, line in enumerate(zip(*cells, strict=True), start=first_row)
            )
            file.write("".join(lines).encode())
            first_row += batch.num_rows
            self._report(batch.num_rows)

    def _take(self, limit: int) -> "pa.RecordBatch":
        if self._rest is None or self._rest.num_rows == 0:
            self._rest = next(self._batches)
        taken, self._rest = self._rest.slice(0, limit), self._rest.slice(limit)
        return taken

    def _report(self, rows: int) -> None:
        self._written += rows
        message = f"Wrote {self._written:,} of {format_counted(self._total, 'row')}"
        self._progress.report(
            Stage.GENERATING,
            self._written,
            self._total,
            message,
            rows_written=self._written,
            rows_total=self._total,
        )
