"""Payloads for the tests of ``process_data``, and short ways to run one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

import msgspec
import pytest

from jobs.handler import InvalidPayload
from jobs.handlers.process_data import ProcessData
from jobs.testing import ContextOptions, HandlerRun, run_handler

Rows = list[dict[str, Any]]


def run(payload: Mapping[str, Any], *, raise_errors: bool = True, **options: Unpack[ContextOptions]) -> HandlerRun:
    """Run a payload. A ``file`` in it is any file of this machine, by its path."""
    source = payload["data_source"]
    if source["type"] == "file":
        options["data"] = {source["path"]: Path(source["path"])}
    return run_handler(ProcessData, payload, raise_errors=raise_errors, **options)


def transformation(rows: Rows, *operations: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    source = {"type": "inline", "rows": rows}
    return {"pipeline": "transformation", "data_source": source, "options": {"operations": list(operations)}, **more}


def output_rows(run: HandlerRun) -> Rows:
    """All rows of the JSON output."""
    rows: Rows = msgspec.json.decode(run.artifact().content)
    return rows


def faults_of(payload: Mapping[str, Any]) -> dict[str, str]:
    """Path → message of a payload that is not taken."""
    with pytest.raises(InvalidPayload) as caught:
        ProcessData().parse(payload)
    return {fault["path"]: fault["message"] for fault in caught.value.faults}
