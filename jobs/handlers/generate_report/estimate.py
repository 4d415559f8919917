"""How long a report will take: an estimate, made without reading the source."""

from jobs.handlers.generate_report.payload import ReportPayload

_ALWAYS_QUEUED_SECONDS = 6.0
_UNKNOWN_SIZE_SECONDS = 15.0


def estimate_seconds(payload: ReportPayload) -> float:
    """Seconds, from the format, the days and the charts. High rather than low: a report that is answered on the spot
    and then takes too long is lost, one that is queued without need is only a little later.

    Only a CSV of the sample can be small enough to be answered on the spot. PDF and Excel reports are put at over
    five seconds even when they are quicker, because they keep a core busy that a web process needs for its sockets.
    Other sources may hold any number of records, so their reports count as long ones.
    """
    if payload.source != "sample":
        return _UNKNOWN_SIZE_SECONDS + 0.1 * payload.days
    if payload.format == "csv":
        return round(1.0 + 0.015 * payload.days, 1)
    per_day = 0.02 if payload.format == "excel" else 0.002
    return round(_ALWAYS_QUEUED_SECONDS + per_day * payload.days + (0.5 if payload.include_charts else 0.0), 1)
