"""All that a handler file needs of Streamer: ``from jobs.handler import Handler, Payload, …``."""

from jobs.bulk.entities import entity_names, permission_for
from jobs.contract.base import Handler, NoPayload, Payload, Retry
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
    "find_handler",
    "permission_for",
    "probe_services",
    "source_fingerprint",
]
