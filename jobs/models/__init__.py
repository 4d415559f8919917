"""The tables of jobs."""

from jobs.models.acts import OperatorAct
from jobs.models.files import Artifact, Dataset, DatasetRows
from jobs.models.metrics import RequestMinute, ServiceMinute
from jobs.models.requests import (
    FINAL,
    LIVE,
    RECEIPTED,
    WAITING,
    AsyncRequest,
    BulkOutcome,
    BulkSlice,
    LimitedStart,
    PausedAction,
    RequestEvent,
    RequestTag,
    Status,
)
from jobs.models.steering import LimitKind, LimitOverride, PausedQueue, Worker
from jobs.models.usage import DailyUsage, StoredBytes, TenantQuota, UsageEntry

__all__ = [
    "FINAL",
    "LIVE",
    "RECEIPTED",
    "WAITING",
    "Artifact",
    "AsyncRequest",
    "BulkOutcome",
    "BulkSlice",
    "DailyUsage",
    "Dataset",
    "DatasetRows",
    "LimitKind",
    "LimitOverride",
    "LimitedStart",
    "OperatorAct",
    "PausedAction",
    "PausedQueue",
    "RequestEvent",
    "RequestMinute",
    "RequestTag",
    "ServiceMinute",
    "Status",
    "StoredBytes",
    "TenantQuota",
    "UsageEntry",
    "Worker",
]
