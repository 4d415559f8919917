"""Estimate the duration of a report without reading its source."""

from jobs.handlers.generate_report.comparison import days_to_read
from jobs.handlers.generate_report.payload import ReportPayload

_ALWAYS_QUEUED_SECONDS = 6.0
_UNKNOWN_SIZE_SECONDS = 15.0


def estimate_seconds(payload: ReportPayload) -> float:
    """Estimate the seconds from sources, format, days, charts and comparison.

    The estimate is high rather than low. A report that is answered inline and takes too long is lost. A report
    that is queued without need is only a little later.

    Only a CSV of the sample can be small enough to be answered inline. PDF and Excel reports get over five
    seconds even when they are quicker, because they keep a core busy that a web process needs for its sockets. Other
    sources may hold any number of records, so their reports count as long ones.
    """
    read = days_to_read(payload)
    days = (read.last - read.first).days + 1
    if any(named != "sample" for named in payload.covered):
        return round(len(payload.covered) * (_UNKNOWN_SIZE_SECONDS + 0.1 * days), 1)
    if payload.format == "csv":
        return round(1.0 + 0.015 * days, 1)
    per_day = 0.02 if payload.format == "excel" else 0.002
    return round(_ALWAYS_QUEUED_SECONDS + per_day * days + (0.5 if payload.include_charts else 0.0), 1)
