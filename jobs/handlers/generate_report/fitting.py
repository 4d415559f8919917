"""Keep the figures of a report small enough to be sent with its result."""

from typing import Any

import msgspec

from jobs.handler import max_result_bytes

_NAME_CHARACTERS = (1_000, 300, 100, 50, 25, 12, 6)
"""The lengths to which names are cut, the first with which the result fits."""


def fitting_result(result: dict[str, Any]) -> dict[str, Any]:
    """Return the result, no larger than one may be: the names in its ``stats`` are cut for that, and a note says so.

    A result that is too large even so stays whole, because it becomes a file.
    """
    if _size(result) <= max_result_bytes():
        return result
    for most in _NAME_CHARACTERS:
        note = f"Names in the figures of the result are cut after {most:,} characters, so that they have room."
        fitting = {**result, "notes": [*result["notes"], note], "stats": _with_names_of(most, result["stats"])}
        if _size(fitting) <= max_result_bytes():
            return fitting
    return result


def _size(result: dict[str, Any]) -> int:
    return len(msgspec.json.encode(result))


def _with_names_of(most: int, stats: dict[str, Any]) -> dict[str, Any]:
    def cut(name: str) -> str:
        return name if len(name) <= most else f"{name[: most - 1]}…"

    named: dict[str, Any] = {
        f"by_{field}": [{**row, field: cut(row[field])} for row in stats[f"by_{field}"]]
        for field in ("category", "region", "source")
    }
    if groups := stats["by_group"]:
        rows = [{**row, "group": list(map(cut, row["group"]))} for row in groups["groups"]]
        named["by_group"] = {**groups, "groups": rows}
    if stats["top_category"] is not None:
        named["top_category"] = cut(stats["top_category"])
    return {**stats, **named}
