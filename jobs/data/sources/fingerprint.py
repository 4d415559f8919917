"""The fingerprint of a source's data at this moment: equal as long as none of its files has changed."""

import hashlib
from pathlib import Path

from jobs.data.sources.registry import find_source


def source_fingerprint(name: str) -> str | None:
    """Hash the definition and each file's path, size and time of change to 64 hexadecimal digits.

    None when it is unknown: the source reads a database, or has no files, or a file is being deleted.
    """
    source = find_source(name)
    if source is None or not source.files:
        return None
    paths = [Path(path) for table in source.files for path in source.paths_of(table)]
    try:
        states = [(str(path), stat.st_size, stat.st_mtime_ns) for path in paths for stat in [path.stat()]]
    except OSError:
        return None
    if not states:
        return None
    return hashlib.sha256(f"{source.model_dump_json()}\n{states}".encode()).hexdigest()
