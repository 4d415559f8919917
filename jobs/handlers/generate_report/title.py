"""Make the title of a report: its days, what it is about, and its format."""

from jobs.handler import default_source, join_title, one_line
from jobs.handlers.generate_report.payload import ReportPayload, name_of
from jobs.handlers.generate_report.periods import format_days

_FORMATS = {"pdf": "PDF", "csv": "CSV", "excel": "Excel"}
_MAX_VALUES = 3


def make_title(payload: ReportPayload) -> str:
    """Make a title such as ``Report · Jan–Dec 2025 · North, West · PDF``."""
    days = format_days(payload.start_date, payload.end_date)
    return join_title("Report", days, _sources(payload), _filters(payload), _FORMATS[payload.format])


def _sources(payload: ReportPayload) -> str:
    """Name the sources, unless it is the one that is taken by default."""
    names = [name_of(one) for one in payload.covered]
    return "" if names == [default_source()] else _some(names)


def _filters(payload: ReportPayload) -> str:
    wanted = payload.filters.values()
    return _some([str(value) for some in wanted for value in (some if isinstance(some, list) else [some])])


def _some(texts: list[str]) -> str:
    """List the first texts, each cut where it is long, and count the others."""
    more = len(texts) - _MAX_VALUES
    return ", ".join(one_line(text, 30) for text in texts[:_MAX_VALUES]) + (f" and {more} more" if more > 0 else "")
