"""Puts into Django's settings what a project leaves out, so that all other code reads ``settings.STREAMER_…``."""

import copy
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from jobs.conf.declared import DECLARED, SWEEP_RULES

# Below the project's own folder for data.
SCRATCH_FOLDER = "scratch"
SAMPLE_FOLDER = "sample"


def complete(settings: Any) -> None:
    """Set what the project has left out. Raises ``ImproperlyConfigured`` when nothing says where Redis is."""
    data_dir = Path(getattr(settings, "STREAMER_DATA_DIR", Path(getattr(settings, "BASE_DIR", "")).resolve() / "var"))
    folders = {"STREAMER_SCRATCH_DIR": data_dir / SCRATCH_FOLDER, "STREAMER_SAMPLE_DIR": data_dir / SAMPLE_FOLDER}
    defaults = {one.name: one.default for one in DECLARED} | folders
    for name, value in {**defaults, "STREAMER_SWEEP_RULES": [*SWEEP_RULES]}.items():
        if not hasattr(settings, name):
            setattr(settings, name, copy.copy(value))
    for name in folders:
        if isinstance(given := getattr(settings, name), str):
            setattr(settings, name, Path(given))
    if not hasattr(settings, "REDIS_URL"):
        settings.REDIS_URL = _redis_of_queues(getattr(settings, "RQ_QUEUES", {}))


def _redis_of_queues(queues: dict[str, dict[str, Any]]) -> str:
    urls = {queue["URL"] for queue in queues.values() if "URL" in queue}
    if len(urls) != 1:
        raise ImproperlyConfigured(
            "Set REDIS_URL to the URL of the Redis that the workers listen on: RQ_QUEUES does not name exactly one"
        )
    return str(urls.pop())
