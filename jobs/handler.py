"""The names that handler files and submitting code import: ``from jobs.handler import Handler, …``."""

from typing import Generic

from jobs.bulk.entities import entity_names, permission_for
from jobs.contract import base
from jobs.contract.base import NoPayload, P, Payload, Retry, max_result_bytes
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
    "DATA",
    "ArtifactFile",
    "AttemptLost",
    "Cancelled",
    "Context",
    "DatasetFile",
    "ErrorCode",
    "Fault",
    "Handler",
    "HandlerError",
    "InvalidPayload",
    "NoPayload",
    "OpenSource",
    "Payload",
    "Permanent",
    "Retry",
    "Retryable",
    "SourceName",
    "SourceTable",
    "Stop",
    "TimedOut",
    "DataSource",
    "DatasetSource",
    "FileSource",
    "InlineSource",
    "OpenTable",
    "QuerySource",
    "RowsRead",
    "StreamSource",
    "ActionOperation",
    "Bulk",
    "Counts",
    "EntityOperation",
    "Item",
    "ItemOutcome",
    "OnError",
    "Operation",
    "DuplicateRequest",
    "NotFound",
    "RequestHandle",
    "RequestRefused",
    "RequestState",
    "TooManyWaiting",
    "UnknownAction",
    "WaitInTransaction",
    "WaitTimeout",
    "aget_handle",
    "asubmit",
    "default_source",
    "entity_names",
    "find_handler",
    "get_handle",
    "max_result_bytes",
    "permission_for",
    "probe_services",
    "quote_name",
    "source_fingerprint",
    "submit",
]
