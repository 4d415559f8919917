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
from jobs.contract.filenames import name_file
from jobs.contract.forms.examples import Example
from jobs.contract.permissions import permissions_of_items
from jobs.contract.quoting import quote_name
from jobs.contract.registry import find_handler
from jobs.contract.result import FileResult, Result
from jobs.contract.source import (
    DatasetColumns,
    OpenSource,
    Source,
    SourceDescription,
    SourceName,
    SourceTable,
    default_source,
)
from jobs.contract.submission.titles import title_of
from jobs.contract.table import DATA, OpenTable, RowsRead
from jobs.contract.titles.default import join_title, one_line, title_of_item
from jobs.contract.titles.sources import name_source
from jobs.contract.topics import TopicAccess, TopicHistory, TopicPattern
from jobs.data.sources import source_fingerprint
from jobs.data.sources.from_dataset import dataset_fingerprint
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
from jobs.formatting import format_bytes, format_count, format_counted, format_duration, group_thousands
from jobs.queue.health.probes import probe_services
from jobs.requests.python_api.handle import (
    RequestHandle,
    RequestState,
    WaitInTransaction,
    WaitTimeout,
    aget_handle,
    get_handle,
)
from jobs.requests.python_api.submission import (
    DailyQuotaUsedUp,
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
    "DailyQuotaUsedUp",
    "DataSource",
    "DatasetColumns",
    "DatasetFile",
    "DatasetSource",
    "DuplicateRequest",
    "EntityOperation",
    "ErrorCode",
    "Example",
    "FORMULA_START",
    "Fault",
    "FileResult",
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
    "Result",
    "Retry",
    "Retryable",
    "RowsRead",
    "Source",
    "SourceDescription",
    "SourceName",
    "SourceTable",
    "Stop",
    "StreamSource",
    "TimedOut",
    "TooManyWaiting",
    "TopicAccess",
    "TopicHistory",
    "TopicPattern",
    "UnknownAction",
    "WaitInTransaction",
    "WaitTimeout",
    "aget_handle",
    "asubmit",
    "blank_unusable_dates",
    "dataset_fingerprint",
    "default_source",
    "entity_names",
    "find_handler",
    "format_bytes",
    "format_count",
    "format_counted",
    "format_duration",
    "leave_out",
    "left_out_of",
    "get_handle",
    "group_thousands",
    "guard_formula",
    "guard_formula_sql",
    "join_title",
    "max_result_bytes",
    "moment_of_text_sql",
    "name_file",
    "name_source",
    "one_line",
    "permission_for",
    "permissions_of_items",
    "probe_services",
    "quote_name",
    "source_fingerprint",
    "submit",
    "title_of",
    "title_of_item",
    "unusable_notes",
    "unusable_sql",
    "usable_sql",
]
