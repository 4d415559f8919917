"""The report as an Excel workbook: Summary, By period, By category, and every record."""

from pathlib import Path

import xlsxwriter

from jobs.handlers.generate_report.excel_records import write_records
from jobs.handlers.generate_report.excel_sheets import Look, write_categories, write_periods, write_summary
from jobs.handlers.generate_report.figures import Figures
from jobs.handlers.generate_report.heading import Heading
from jobs.handlers.generate_report.selection import Selection
from jobs.handlers.generate_report.stages import Progress

_OPTIONS = {
    # Rows go to disk as they are written, so that millions of them fit.
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
    "remove_timezone": True,
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
    with xlsxwriter.Workbook(str(path), {**_OPTIONS, "tmpdir": str(path.parent)}) as workbook:
        workbook.use_zip64()
        workbook.set_properties(
            {
                "title": f"{heading.title}, {heading.days}",
                "subject": heading.source,
                "author": "Streamer",
                # Local time is meant here; without it the file would say when it was zipped.
                "created": heading.generated_at.replace(tzinfo=None),
            }
        )
        look = Look(workbook)
        write_summary(workbook, look, heading, figures)
        write_periods(workbook, look, figures, include_charts=include_charts)
        write_categories(workbook, look, figures, include_charts=include_charts)
        write_records(workbook, look, selection, progress)
