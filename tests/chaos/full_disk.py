"""A storage on a disk that can run full."""

import errno
import os
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage


class FullDiskStorage(FileSystemStorage):
    """A storage that refuses files while the file ``flag`` exists, and notes refusals in ``flag``.refused."""

    def __init__(self, *, flag: str, **options: Any) -> None:
        super().__init__(**options)
        self._flag = Path(flag)

    def _save(self, name: str, content: Any) -> str:
        if self._flag.exists():
            self._flag.with_suffix(".refused").touch()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
        return str(super()._save(name, content))  # type: ignore[misc]  # not known to the stubs
