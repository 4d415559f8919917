"""Make the title of a pipeline: what it does, and with which rows."""

from jobs.handler import join_title, name_source, one_line
from jobs.handlers.process_data.payload import ProcessPayload

_MAX_OPERATIONS = 3
_TASKS = {"clustering": "Find clusters", "anomaly": "Find anomalies", "transformation": "Transform"}


def make_title(payload: ProcessPayload) -> str:
    """Make a title such as ``Learn churn · classification · customers`` or ``Transform · filter, sort · orders``."""
    target = payload.options.target
    task = _TASKS.get(payload.pipeline) or f"Learn {one_line(target or '', 40)}".rstrip()
    how = payload.pipeline if target else _operations(payload)
    return join_title(task, how, name_source(payload.data_source))


def _operations(payload: ProcessPayload) -> str:
    kinds = [operation.type for operation in payload.operations]
    more = len(kinds) - _MAX_OPERATIONS
    return ", ".join(kinds[:_MAX_OPERATIONS]) + (f" and {more} more" if more > 0 else "")
