"""Make the result that a client gets when its report is done."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from jobs.handlers.generate_report.comparison import Days
from jobs.handlers.generate_report.figures.breakdowns import Breakdown
from jobs.handlers.generate_report.figures.report import Figures
from jobs.handlers.generate_report.figures.tallies import Tally, change_of, round_amount
from jobs.handlers.generate_report.fitting import fitting_result
from jobs.handlers.generate_report.payload import ReportPayload


def make_result(
    payload: ReportPayload,
    figures: Figures,
    stored: dict[str, Any],
    *,
    notes: Sequence[str],
    generated_at: datetime,
    seconds: float,
) -> dict[str, Any]:
    """Return the result as JSON, no larger than one may be. ``seconds``: the duration of the run."""
    result = {
        "url": stored["url"],
        "artifact_id": str(stored["artifact_id"]),
        "filename": stored["filename"],
        "records": figures.whole.records,
        "size_bytes": stored["size_bytes"],
        "sha256": stored["sha256"],
        "format": payload.format,
        "generated_at": generated_at.isoformat(timespec="seconds"),
        "expires_at": _as_text(stored["expires_at"]),
        "notes": list(notes),
        "stats": {
            "total_value": _number(figures.whole.total),
            "average_value": _number(figures.whole.average),
            "categories_count": figures.categories.count,
            "top_category": figures.top_category,
            "by_period": _periods(figures),
            "by_category": _named("category", figures.categories),
            "by_region": _named("region", figures.regions),
            "by_source": _named("source", figures.sources),
            "by_group": _groups(figures.groups),
            "compared_with": _compared_with(figures),
            "records_per_second": round(figures.whole.records / seconds, 1) if seconds else 0.0,
        },
    }
    return fitting_result(result)


def _periods(figures: Figures) -> list[dict[str, Any]]:
    rows = [
        {
            "period": period.key,
            "first_day": period.first_day.isoformat(),
            "last_day": period.last_day.isoformat(),
            **_tally(tally),
        }
        for period, tally in figures.periods
    ]
    if previous := figures.previous:
        for row, (_, tally), (days, before) in zip(rows, figures.periods, previous.periods, strict=True):
            row["previous"] = {**_days(days), **_tally(before)}
            row |= _difference(before.exact_total, tally.exact_total)
    return rows


def _named(name: str, breakdown: Breakdown | None) -> list[dict[str, Any]]:
    return [{name: label, **_tally(tally)} for label, tally in breakdown.named()] if breakdown else []


def _groups(breakdown: Breakdown | None) -> dict[str, Any] | None:
    if breakdown is None:
        return None
    return {
        "columns": list(breakdown.columns),
        "groups_count": breakdown.count,
        "groups": [{"group": list(labels), **_tally(tally)} for labels, tally in breakdown.groups],
        "others": {"groups_count": breakdown.beyond, **_tally(breakdown.others)},
    }


def _compared_with(figures: Figures) -> dict[str, Any] | None:
    if figures.previous is None:
        return None
    before, now = figures.previous.whole, figures.whole
    return {
        **_days(figures.previous.days),
        **_tally(before),
        "changes": {
            "total_value": _difference(before.exact_total, now.exact_total),
            "records": {
                **_difference(Decimal(before.records), Decimal(now.records)),
                "difference": now.records - before.records,
            },
            "average_value": _difference(before.exact_average, now.exact_average),
        },
    }


def _days(days: Days) -> dict[str, str | None]:
    if days.is_empty:
        return {"first_day": None, "last_day": None}
    return {"first_day": days.first.isoformat(), "last_day": days.last.isoformat()}


def _difference(before: Decimal, now: Decimal) -> dict[str, Any]:
    change = change_of(before, now)
    return {
        "difference": _number(round_amount(now - before)),
        "change_percent": None if change is None else float(change),
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {"records": tally.records, "total_value": _number(tally.total), "average_value": _number(tally.average)}


def _number(amount: Decimal) -> float:
    """Return the double that is nearest to the amount. It prints with the same cents, up to fifteen digits."""
    return float(amount)


def _as_text(moment: datetime | str) -> str:
    return moment if isinstance(moment, str) else moment.isoformat(timespec="seconds")
