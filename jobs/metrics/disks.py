"""The room on the disks of this host that Streamer writes to."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection


@dataclass(frozen=True, kw_only=True)
class Disk:
    path: Path
    free_bytes: int
    size_bytes: int

    @property
    def free_share(self) -> float:
        return self.free_bytes / self.size_bytes if self.size_bytes else 1.0


def disks() -> dict[str, Disk]:
    """Map ``scratch`` and, with SQLite, ``database`` to their disks. One that cannot be looked at is left out."""
    folders = {"scratch": Path(settings.STREAMER_SCRATCH_DIR)}
    if connection.vendor == "sqlite":
        folders["database"] = Path(settings.DATABASES["default"]["NAME"]).parent
    found = {}
    for name, folder in folders.items():
        with suppress(OSError):
            usage = shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists()))
            found[name] = Disk(path=folder, free_bytes=usage.free, size_bytes=usage.total)
    return found
