"""The settings that jobs reads, with the value of each in a project that does not set it.

``docs/reference/settings.md`` explains them. ``complete`` puts the missing ones into Django's settings at start-up, so
that all other code reads ``settings.STREAMER_…`` and knows of no default.
"""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

# --- Requests ---
STREAMER_HANDLERS: list[str] = []
STREAMER_HANDLER_PACKAGES: list[str] = []  # the earlier name
STREAMER_BUILTIN_HANDLERS = ["all"]
STREAMER_QUEUES: list[str] = []  # beside those that handlers name
STREAMER_STRICT_PAYLOADS = False
STREAMER_INLINE_THRESHOLD_SECONDS = 5.0
STREAMER_INLINE_THREADS = 8
STREAMER_MAX_FRAME_BYTES = 1024 * 1024
STREAMER_LEASE_SECONDS = 30.0
STREAMER_CANCEL_GRACE_SECONDS = 10.0
STREAMER_STOP_GRACE_SECONDS = 20.0
STREAMER_SHIFT_SECONDS = 30.0
STREAMER_SHIFT_REQUESTS = 50
STREAMER_LINGER_SECONDS = 2.0
STREAMER_PRELOAD = True
STREAMER_SWEEP_RULES = ["jobs.sweeper.rules.RULES"]
STREAMER_SWEEP_SECONDS = 1.0
STREAMER_RETENTION_DAYS = 7
STREAMER_INLINE_RESULT_BYTES = 64 * 1024
STREAMER_MAX_RUNNING_PER_USER = 10
STREAMER_MAX_RUNNING_PER_TENANT = 50
STREAMER_MAX_WAITING_PER_USER = 100

# --- Files ---
STREAMER_PUBLIC_URL = ""
STREAMER_ARTIFACT_DAYS = 7
STREAMER_ARTIFACT_MAX_DAYS = 30
STREAMER_EXPIRY_NOTICE_SECONDS = 24 * 3600.0
STREAMER_ORPHAN_SWEEP_SECONDS = 60.0

# --- Bulk operations ---
STREAMER_BULK_SPREAD_ITEMS = 500
STREAMER_BULK_SHARES = 3
STREAMER_ENTITIES: dict[str, Any] = {}

# --- Datasets ---
STREAMER_DATASET_MAX_BYTES = 2 * 1024**3
STREAMER_DATASET_UNPACKED_BYTES = 8 * 1024**3
STREAMER_DATASET_QUOTA_BYTES = 10 * 1024**3
STREAMER_DATASET_DAYS = 90

# --- Sources ---
STREAMER_SOURCES: dict[str, Any] = {}
STREAMER_DEFAULT_SOURCE = ""
STREAMER_DUCKDB_MEMORY = "512MB"
STREAMER_DUCKDB_DISK_BYTES = 16 * 1024**3
STREAMER_QUERY_SECONDS = 120.0
STREAMER_FILES_DIR = ""
STREAMER_STREAM_PREFIX = "stream:"


# --- Folders, below the project's own for data ---
SCRATCH_FOLDER = "scratch"
SAMPLE_FOLDER = "sample"


def complete(settings: Any) -> None:
    """Set what the project has left out. Raises ``ImproperlyConfigured`` when nothing says where Redis is."""
    data_dir = Path(getattr(settings, "STREAMER_DATA_DIR", Path(getattr(settings, "BASE_DIR", "")).resolve() / "var"))
    folders = {"STREAMER_SCRATCH_DIR": data_dir / SCRATCH_FOLDER, "STREAMER_SAMPLE_DIR": data_dir / SAMPLE_FOLDER}
    constants = {name: value for name, value in globals().items() if name.startswith("STREAMER_")}
    for name, value in {**constants, **folders}.items():
        if not hasattr(settings, name):
            setattr(settings, name, value)
    for name in folders:
        setattr(settings, name, Path(getattr(settings, name)))
    if not hasattr(settings, "REDIS_URL"):
        settings.REDIS_URL = _redis_of_queues(getattr(settings, "RQ_QUEUES", {}))


def _redis_of_queues(queues: dict[str, dict[str, Any]]) -> str:
    urls = {queue["URL"] for queue in queues.values() if "URL" in queue}
    if len(urls) != 1:
        raise ImproperlyConfigured(
            "Set REDIS_URL to the URL of the Redis that the workers listen on: RQ_QUEUES does not name exactly one"
        )
    return str(urls.pop())
