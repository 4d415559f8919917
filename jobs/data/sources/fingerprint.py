"""What the data of a source is at this moment, in a few characters: equal as long as none of its files has changed."""

import hashlib
from pathlib import Path

from jobs.data.sources.registry import find_source


def source_fingerprint(name: str) -> str | None:
    """64 hexadecimal digits of the definition and of each file's path, size and time of change.

    None when that cannot be told: the source reads a database, or has no files, or one of them is just going away.
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
