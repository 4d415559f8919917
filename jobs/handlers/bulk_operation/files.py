"""Write the files of a bulk operation: every outcome, and the failed items to correct and send again.

``done`` is what people call the operation, ``create customers``. The names of the files begin with it.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from jobs.handler import ArtifactFile, Bulk, Context, guard_formula, name_file

_MEDIA_TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
_CHECK_EVERY = 1_000


def write_outcomes(bulk: Bulk, context: Context, done: str) -> dict[str, Any]:
    """Write JSON Lines: index, status, and result or error. Skipped items have no line."""
    with context.save_artifact(name_file(done, "outcomes", ending="jsonl"), _MEDIA_TYPES["jsonl"]) as saved:
        for number, outcome in enumerate(bulk.outcomes()):
            if number % _CHECK_EVERY == 0:
                context.check()
            if outcome.error is None:
                line = {"index": outcome.index, "status": "succeeded", "result": outcome.result}
            else:
                line = {"index": outcome.index, "status": "failed", "error": outcome.error}
            _write_line(saved, line)
    return saved.describe()


def write_rejects(bulk: Bulk, context: Context, done: str, form: Literal["csv", "jsonl"]) -> dict[str, Any]:
    """Write index, item, error code and text of each failed item. In CSV, the item is a JSON text."""
    with context.save_artifact(name_file(done, "rejects", ending=form), _MEDIA_TYPES[form]) as saved:
        lines = _rejects(bulk, context)
        if form == "jsonl":
            for line in lines:
                _write_line(saved, line)
        else:
            _write_csv(saved, lines)
    return saved.describe()


def _rejects(bulk: Bulk, context: Context) -> Iterator[Mapping[str, Any]]:
    for number, (outcome, item) in enumerate(bulk.rejected()):
        if number % _CHECK_EVERY == 0:
            context.check()
        error = outcome.error or {}
        faults = (error.get("details") or {}).get("faults")
        line = {"index": outcome.index, "item": item, "code": error.get("code"), "message": error.get("message")}
        yield {**line, "faults": faults} if faults else line


def _write_csv(saved: ArtifactFile, lines: Iterator[Mapping[str, Any]]) -> None:
    text = io.TextIOWrapper(saved.file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(["index", "item", "code", "message"])
    for line in lines:
        item, message = json.dumps(line["item"], ensure_ascii=False), guard_formula(str(line["message"]))
        writer.writerow([line["index"], item, line["code"], message])
    text.detach()


def _write_line(saved: ArtifactFile, line: Mapping[str, Any]) -> None:
    saved.file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
