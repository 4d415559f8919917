"""The declarations of the settings that jobs reads, with the value of each in a project that does not set it."""

from typing import Final

from jobs.conf.kinds.base import Kind
from jobs.conf.kinds.numbers import CENTURY_DAYS, MOST_BYTES, YEAR_SECONDS, Number, Whole
from jobs.conf.kinds.objects import Object, must_be_object
from jobs.conf.kinds.places import Folder, Url
from jobs.conf.kinds.words import Flag, Names, Text
from jobs.conf.setting import Setting

SWEEP_RULES: Final = ("jobs.sweeper.rules.RULES",)
_SECONDS = Number(0, YEAR_SECONDS, "seconds")
_PAUSE = Number(0, YEAR_SECONDS, "seconds", above=True)
_BYTES = Whole(0, MOST_BYTES, "bytes")
_SOME_BYTES = Whole(1, MOST_BYTES, "bytes")
_DAYS = Whole(0, CENTURY_DAYS, "days")
_SOME_DAYS = Whole(1, CENTURY_DAYS, "days")
_COUNT = Whole(0)
_SOME = Whole(1)
_THREADS = Whole(1, 1000)
# Paths are let through, because the search for handlers knows which name was meant.
_MODULES: Kind = Names("modules and packages, as in an import, separated by commas", r"[\w./\\-]+")
_BUILT_IN = Names("all, none, or actions with a minus, such as -delay,-echo", r"-?\w+")
_QUEUE = r"[A-Za-z0-9_.:-]{1,100}"
PUBLIC_URL: Final = Url(("https", "http"), "https://reports.example.org", takes_user=False)
QUEUES: Final = Names("names of queues, separated by commas", _QUEUE)

_REQUESTS = (
    Setting("STREAMER_HANDLERS", _MODULES, []),
    Setting("STREAMER_HANDLER_PACKAGES", _MODULES, []),  # the earlier name
    Setting("STREAMER_BUILTIN_HANDLERS", _BUILT_IN, ["all"]),
    Setting("STREAMER_RELOAD_HANDLERS", Flag(), False),
    Setting("STREAMER_QUEUES", QUEUES, []),  # beside those that handlers name
    Setting("STREAMER_STRICT_PAYLOADS", Flag(), False),
    Setting("STREAMER_INLINE_THRESHOLD_SECONDS", _SECONDS, 5.0),
    Setting("STREAMER_INLINE_THREADS", _THREADS, 8),
    Setting("STREAMER_MAX_FRAME_BYTES", Whole(1, 2**30, "bytes"), 1024 * 1024),
    # A running request renews its lease about once a second.
    Setting("STREAMER_LEASE_SECONDS", Number(2, YEAR_SECONDS, "seconds"), 15.0),
    Setting("STREAMER_CANCEL_GRACE_SECONDS", _SECONDS, 10.0),
    Setting("STREAMER_STOP_GRACE_SECONDS", _SECONDS, 20.0),
    Setting("STREAMER_ENDING_SECONDS", _SECONDS, 300.0),
    Setting("STREAMER_SHIFT_SECONDS", _SECONDS, 30.0),
    Setting("STREAMER_SHIFT_REQUESTS", _SOME, 50),
    Setting("STREAMER_LINGER_SECONDS", _SECONDS, 2.0),
    Setting("STREAMER_PRELOAD", Flag(), True),
    Setting("STREAMER_SWEEP_SECONDS", _PAUSE, 1.0),
    Setting("STREAMER_RETENTION_DAYS", _DAYS, 7),
    Setting("STREAMER_INLINE_RESULT_BYTES", Whole(0, 1024 * 1024, "bytes"), 64 * 1024),
    Setting("STREAMER_MAX_RUNNING_PER_USER", _SOME, 10),
    Setting("STREAMER_MAX_RUNNING_PER_TENANT", _SOME, 50),
    Setting("STREAMER_MAX_WAITING_PER_USER", _SOME, 100),
    Setting("STREAMER_TENANT_QUOTA_BYTES", _BYTES, 20 * 1000**3),
    Setting("STREAMER_DAILY_REQUESTS", _COUNT, 0),
    Setting("STREAMER_DAILY_WORKER_SECONDS", Whole(0, 86_400 * 100_000, "seconds"), 0),
    Setting("STREAMER_DAILY_BYTES", _BYTES, 0),
    Setting("STREAMER_USAGE_DAYS", _SOME_DAYS, 400),  # the use of today is needed for the quotas of today
    Setting("STREAMER_METRICS_DAYS", _SOME_DAYS, 30),  # percentiles need the last day
    Setting("STREAMER_RESERVED_WORKERS", _COUNT, 1),
    Setting("STREAMER_LONG_REQUEST_SECONDS", _SECONDS, 10.0),
)
_FILES = (
    Setting("STREAMER_PUBLIC_URL", PUBLIC_URL, ""),
    Setting("STREAMER_ARTIFACT_DAYS", _SOME_DAYS, 7),
    Setting("STREAMER_ARTIFACT_MAX_DAYS", _SOME_DAYS, 30),
    Setting("STREAMER_EXPIRY_NOTICE_SECONDS", _SECONDS, 24 * 3600.0),
    Setting("STREAMER_ORPHAN_SWEEP_SECONDS", _SECONDS, 60.0),
    # DuckDB takes a '?' for the end of a file's path.
    Setting("STREAMER_SCRATCH_DIR", Folder(forbidden="?"), None),
    Setting("STREAMER_SAMPLE_DIR", Folder(), None),
)
_BULK = (
    Setting("STREAMER_BULK_SPREAD_ITEMS", _SOME, 500),
    Setting("STREAMER_BULK_SHARES", Whole(0, 1000), 3),
    Setting(
        "STREAMER_ENTITIES", Object('{"customers": {"model": "shop.Customer", "fields": ["name"]}}', must_be_object), {}
    ),
)
_DATASETS = (
    Setting("STREAMER_DATASET_MAX_BYTES", _SOME_BYTES, 2 * 1000**3),
    Setting("STREAMER_DATASET_UNPACKED_BYTES", _SOME_BYTES, 8 * 1000**3),
    Setting("STREAMER_DATASET_QUOTA_BYTES", _BYTES, 10 * 1000**3),
    Setting("STREAMER_DATASET_DAYS", _DAYS, 90),
    Setting("STREAMER_INGEST_SECONDS", Number(1, YEAR_SECONDS, "seconds"), 900.0),
)
_SOURCES = (
    Setting("STREAMER_SOURCES", Object('{"sales": {"label": "Sales", "files": "…"}}', must_be_object), {}),
    Setting("STREAMER_DEFAULT_SOURCE", Text("the name of a source, or nothing"), ""),
    Setting(
        "STREAMER_DUCKDB_MEMORY",
        Text("a size with a unit, such as 512MB or 2GB", r"0*[1-9]\d{0,8}(\.\d+)?\s*[KMGTkmgt]i?[Bb]", False),
        "512MB",
    ),
    Setting("STREAMER_DUCKDB_DISK_BYTES", _BYTES, 16 * 1024**3),
    Setting("STREAMER_QUERY_SECONDS", _PAUSE, 120.0),
    Setting("STREAMER_FILES_DIR", Text("a folder's path, or nothing"), ""),
    Setting("STREAMER_STREAM_PREFIX", Text("the beginning of keys in Redis", r"\S{1,200}", False), "stream:"),
)
DECLARED: Final = (*_REQUESTS, *_FILES, *_BULK, *_DATASETS, *_SOURCES)
