"""Write the report as an Excel workbook: Summary, By period, By category and more, and every record.

xlsxwriter makes a template with everything but the records, which takes a moment however many records there are.
``archive`` inserts the records while it packs the template into the final file.
"""

from pathlib import Path
from typing import Any

import xlsxwriter

from jobs.handlers.generate_report.excel.archive import pack
from jobs.handlers.generate_report.excel.breakdowns import write_categories, write_groups, write_sources
from jobs.handlers.generate_report.excel.extent import measure
from jobs.handlers.generate_report.excel.formats import Formats
from jobs.handlers.generate_report.excel.periods import write_periods
from jobs.handlers.generate_report.excel.records import RecordRows, add_record_sheets
from jobs.handlers.generate_report.excel.summary import write_summary
from jobs.handlers.generate_report.excel.texts import MAX_PROPERTY_UNITS, clip
from jobs.handlers.generate_report.figures.report import Figures
from jobs.handlers.generate_report.heading import Heading
from jobs.handlers.generate_report.records.selection import Selection
from jobs.handlers.generate_report.stages import Progress

_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_excel(
    path: Path,
    heading: Heading,
    figures: Figures,
    selection: Selection,
    progress: Progress,
    *,
    include_charts: bool,
) -> None:
    template = path.with_name("template.xlsx")
    with xlsxwriter.Workbook(str(template), {**_OPTIONS, "tmpdir": str(path.parent)}) as workbook:
        _describe(workbook, heading)
        formats = Formats(workbook)
        line_at, bars_at = write_summary(workbook, formats, heading, figures, include_charts=include_charts)
        write_periods(workbook, formats, figures, heading.words, line_at)
        write_sources(workbook, formats, figures, heading.words)
        write_categories(workbook, formats, figures, heading.words, bars_at)
        write_groups(workbook, formats, figures, heading.words)
        extent = measure(selection)
        sheets = add_record_sheets(workbook, formats, selection, heading.words, extent)
    pack(template, path, sheets, RecordRows(selection, progress, extent.max_bytes))


def _describe(workbook: Any, heading: Heading) -> None:
    workbook.set_properties(
        {
            "title": clip(f"{heading.title}, {heading.days}", MAX_PROPERTY_UNITS),
            "subject": clip(heading.source, MAX_PROPERTY_UNITS),
            "author": "Streamer",
            # Excel expects local time here. Without the entry the file would show the time of packing.
            "created": heading.generated_at.replace(tzinfo=None),
        }
    )
