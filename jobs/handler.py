"""The names that handler files and submitting code import: ``from jobs.handler import Handler, …``."""

from typing import Generic

from jobs.bulk.entities import entity_names, permission_for
from jobs.contract import base
from jobs.contract.base import NoPayload, P, Payload, Retry, leave_out, left_out_of, max_result_bytes
from jobs.contract.bulk import (
    ActionOperation,
    Bulk,
    Counts,
    EntityOperation,
    Item,
    ItemOutcome,
    OnError,
    Operation,
)
from jobs.contract.cells import (
    FORMULA_START,
    blank_unusable_dates,
    guard_formula,
    guard_formula_sql,
    moment_of_text_sql,
    unusable_notes,
    unusable_sql,
    usable_sql,
)
from jobs.contract.context import ArtifactFile, Context, DatasetFile
from jobs.contract.data_source import (
    DatasetSource,
    DataSource,
    FileSource,
    InlineSource,
    QuerySource,
    StreamSource,
)
from jobs.contract.quoting import quote_name
from jobs.contract.registry import find_handler
from jobs.contract.source import OpenSource, SourceName, SourceTable, default_source
from jobs.contract.table import DATA, OpenTable, RowsRead
from jobs.data.sources import source_fingerprint
from jobs.errors import (
    AttemptLost,
    Cancelled,
    ErrorCode,
    Fault,
    HandlerError,
    InvalidPayload,
    Permanent,
    Retryable,
    Stop,
    TimedOut,
)
from jobs.queue.probes import probe_services
from jobs.requests.handle import (
    RequestHandle,
    RequestState,
    WaitInTransaction,
    WaitTimeout,
    aget_handle,
    get_handle,
)
from jobs.requests.python_submission import (
    DuplicateRequest,
    RequestRefused,
    Submittable,
    TooManyWaiting,
    UnknownAction,
    asubmit,
    submit,
)
from jobs.requests.reads import NotFound


class Handler(Submittable, base.Handler[P], Generic[P]):
    """Subclass it as ``Handler[MyPayload]``, set ``action``, write ``run``. Users see the docstring's first line.

    The contract says what a handler is. ``submit`` is added here, because requests stand above the contract.
    """


__all__ = [
    "ActionOperation",
    "ArtifactFile",
    "AttemptLost",
    "Bulk",
    "Cancelled",
    "Context",
    "Counts",
    "DATA",
    "DataSource",
    "DatasetFile",
    "DatasetSource",
    "DuplicateRequest",
    "EntityOperation",
    "ErrorCode",
    "FORMULA_START",
    "Fault",
    "FileSource",
    "Handler",
    "HandlerError",
    "InlineSource",
    "InvalidPayload",
    "Item",
    "ItemOutcome",
    "NoPayload",
    "NotFound",
    "OnError",
    "OpenSource",
    "OpenTable",
    "Operation",
    "Payload",
    "Permanent",
    "QuerySource",
    "RequestHandle",
    "RequestRefused",
    "RequestState",
    "Retry",
    "Retryable",
    "RowsRead",
    "SourceName",
    "SourceTable",
    "Stop",
    "StreamSource",
    "TimedOut",
    "TooManyWaiting",
    "UnknownAction",
    "WaitInTransaction",
    "WaitTimeout",
    "aget_handle",
    "asubmit",
    "blank_unusable_dates",
    "default_source",
    "entity_names",
    "find_handler",
    "leave_out",
    "left_out_of",
    "get_handle",
    "guard_formula",
    "guard_formula_sql",
    "max_result_bytes",
    "moment_of_text_sql",
    "permission_for",
    "probe_services",
    "quote_name",
    "source_fingerprint",
    "submit",
    "unusable_notes",
    "unusable_sql",
    "usable_sql",
]
