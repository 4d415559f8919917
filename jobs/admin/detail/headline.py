"""The sentence on top of a request's page: why it waits, what it does, or what came of it."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.utils import timezone

from jobs.admin.detail.wait_words import retry_sentence, wait_sentence
from jobs.admin.formatting import short
from jobs.admin.progress import said
from jobs.formatting import format_bytes, format_count, format_counted, format_status
from jobs.models import Artifact, AsyncRequest, Status
from jobs.queue.waits import waits_of

MODES: Mapping[str, str] = MappingProxyType(
    {
        "before_start": "Cancelled before it started.",
        "cooperative": "Cancelled while it was running.",
        "killed": "Cancelled: it did not stop by itself and was ended.",
    }
)
# The page has a table of the files.
_OF_FILES = frozenset(("url", "filename", "size_bytes", "sha256", "media_type", "artifact_id", "expires_at"))
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:")
_MAX_VALUES, _MAX_TEXT, _MAX_ERROR = 4, 60, 300


def wait_headline(row: AsyncRequest) -> str:
    """Say why the request waits, as its user reads it. Empty for one that does not wait."""
    if row.cancel_requested_at:
        return ""
    now = timezone.now()
    if row.status == Status.RETRYING and row.available_at > now:
        return retry_sentence(row.available_at, row.error, now)
    wait = waits_of([row.id]).get(row.id) if row.status in (Status.PENDING, Status.RETRYING) else None
    return wait_sentence(wait) if wait else ""


def headline(row: AsyncRequest, files: Sequence[Artifact], cancel_mode: str) -> str:
    """Say what a running request does, or what came of one that has ended.

    ``cancel_mode`` is how it was cancelled; empty for one that was not.
    """
    if not row.is_final:
        return said(row)
    parts = [items_sentence(row.result), _files_sentence(files)]
    if row.status == Status.COMPLETED:
        first = format_status(row.status, row.failed_items) if row.failed_items else ""
        parts = [f"{first}:" if first else "", parts[0] or _values_sentence(row.result), *parts[1:]]
    elif row.status == Status.CANCELLED:
        parts.insert(0, MODES.get(cancel_mode, "Cancelled."))
    else:
        # The page has the whole error below.
        parts.insert(0, short(said(row), _MAX_ERROR) or "It failed.")
    return " ".join(filter(None, parts)) or "Done."


def items_sentence(result: Any) -> str:
    """Say how many items of a bulk went well. Empty for what is no result of a bulk."""
    if not isinstance(result, dict) or not isinstance(result.get("total_items"), int):
        return ""
    counts = {name: result.get(name) for name in ("succeeded", "failed", "skipped")}
    numbers = {name: count for name, count in counts.items() if isinstance(count, int)}
    parts = [f"{format_count(numbers.get('succeeded', 0))} of {format_counted(result['total_items'], 'item')} done"]
    parts += [f"{format_count(numbers[name])} {name}" for name in ("failed", "skipped") if numbers.get(name)]
    return f"{', '.join(parts)}."


def _values_sentence(result: Any) -> str:
    """Write the plain values of a result, and of its summary: ``Records 18,204, format pdf.``"""
    if not isinstance(result, dict):
        return "" if result is None else f"Result: {_value(result)}."
    summary = result.get("summary")
    values = {**result, **(summary if isinstance(summary, dict) else {})}
    plain = [
        f"{str(name).replace('_', ' ')} {_value(value)}"
        for name, value in values.items()
        if name not in _OF_FILES and _is_plain(value)
    ]
    text = ", ".join(plain[:_MAX_VALUES])
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _is_plain(value: Any) -> bool:
    """Return True for a value that says something in a sentence. Moments do not: their zone is not the reader's."""
    return value not in (None, "") and not isinstance(value, dict | list) and not _MOMENT.match(str(value))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return format_count(value) if abs(value) > 9_999 else str(value)
    return f"{value:,.6g}" if isinstance(value, float) else short(str(value), _MAX_TEXT)


def _files_sentence(files: Sequence[Artifact]) -> str:
    if not files:
        return ""
    return f"{format_counted(len(files), 'file')}, {format_bytes(sum(file.size_bytes for file in files))}."
