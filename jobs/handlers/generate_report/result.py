"""What a client gets when its report is done."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from jobs.handlers.generate_report.figures import Figures, Tally
from jobs.handlers.generate_report.payload import ReportPayload


def make_result(
    payload: ReportPayload, figures: Figures, stored: dict[str, Any], *, generated_at: datetime, seconds: float
) -> dict[str, Any]:
    """The result as JSON. ``seconds``: how long the run took, for ``records_per_second``."""
    return {
        "url": stored["url"],
        "artifact_id": str(stored["artifact_id"]),
        "filename": stored["filename"],
        "records": figures.whole.records,
        "size_bytes": stored["size_bytes"],
        "sha256": stored["sha256"],
        "format": payload.format,
        "generated_at": generated_at.isoformat(timespec="seconds"),
        "expires_at": _as_text(stored["expires_at"]),
        "stats": {
            "total_value": _number(figures.whole.total),
            "average_value": _number(figures.whole.average),
            "categories_count": figures.categories.count,
            "top_category": figures.top_category,
            "by_period": [
                {
                    "period": period.key,
                    "first_day": period.first_day.isoformat(),
                    "last_day": period.last_day.isoformat(),
                    **_tally(tally),
                }
                for period, tally in figures.periods
            ],
            "by_category": [{"category": name, **_tally(tally)} for name, tally in figures.categories.rows()],
            "by_region": [{"region": name, **_tally(tally)} for name, tally in figures.regions.rows()]
            if figures.regions
            else [],
            "records_per_second": round(figures.whole.records / seconds, 1) if seconds else 0.0,
        },
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {"records": tally.records, "total_value": _number(tally.total), "average_value": _number(tally.average)}


def _number(amount: Decimal) -> float:
    """The nearest double to whole cents: it is written with those cents again, up to fifteen digits."""
    return float(amount)


def _as_text(moment: datetime | str) -> str:
    return moment if isinstance(moment, str) else moment.isoformat(timespec="seconds")
