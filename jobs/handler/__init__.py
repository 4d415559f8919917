"""All that a handler file needs of Streamer: ``from jobs.handler import Handler, Payload, …``."""

from jobs.bulk.contract import (
    ActionOperation,
    Bulk,
    Counts,
    EntityOperation,
    Item,
    ItemOutcome,
    OnError,
    Operation,
)
from jobs.bulk.entities import entity_names, permission_for
from jobs.handler.base import Handler, NoPayload, Payload, Retry, SourceName
from jobs.handler.context import ArtifactFile, Context, DatasetFile
from jobs.handler.errors import (
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
from jobs.health import probe_services
from jobs.rows.opened import DATA, OpenTable, RowsRead
from jobs.rows.spec import (
    DatasetSource,
    DataSource,
    FileSource,
    InlineSource,
    QuerySource,
    StreamSource,
)
from jobs.sources import OpenSource, SourceTable, default_source, source_fingerprint

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
    "default_source",
    "entity_names",
    "permission_for",
    "probe_services",
    "source_fingerprint",
]
