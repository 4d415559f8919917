"""The files that a tenant may name: those below a folder of its own, whatever the path says.

The folder is ``STREAMER_FILES_DIR/<tenant id>``. A tenant without one, or whose id is no plain name, has no files.
"""

import re
from pathlib import Path, PurePosixPath

from django.conf import settings

from jobs.data.tables.failures import not_there
from jobs.data.tables.files.reading import READERS, ending_of
from jobs.errors import InvalidPayload

_TENANT = re.compile(r"[A-Za-z0-9_@-][A-Za-z0-9_@.-]*")
_PATTERN = re.compile(r"[*?]")
_UNREADABLE = re.compile(r"[*?\[\]]")
MAX_FILES = 1_000


def files_of(tenant_id: str, path: str) -> dict[str, str]:
    """Map absolute path → path as the tenant writes it, sorted. Raises ``InvalidPayload`` when there are none."""
    if not settings.STREAMER_FILES_DIR:
        raise _fault("this installation has no folder of files; its operators have to set STREAMER_FILES_DIR")
    ending = _checked(path)
    missing = _fault(f"there is no file '{path}'")
    if not _TENANT.fullmatch(tenant_id):
        raise missing
    folder = (Path(settings.STREAMER_FILES_DIR).resolve() / tenant_id).resolve()
    if not folder.is_dir():
        raise missing
    matches = sorted(folder.glob(path)) if _PATTERN.search(path) else [folder / path]
    found = {str(match.resolve()): match.relative_to(folder).as_posix() for match in matches if _is_ours(match, folder)}
    if not found:
        raise missing
    if len(found) > MAX_FILES:
        raise _fault(f"'{path}' names {len(found):,} files; at most {MAX_FILES:,} are read at once")
    if any(ending_of(file) != ending for file in found):
        raise missing
    return found


def _checked(path: str) -> str:
    """Return the ending of ``path``, and refuse one that leads out of the folder."""
    parts = PurePosixPath(path).parts
    if path.startswith("/") or any(part.startswith(".") for part in parts) or re.search(r"[\\\0\[\]]|\*\*", path):
        raise _fault("a path is relative, has / between folders and no part that begins with a dot")
    if (ending := ending_of(path)) is None:
        raise _fault(f"'{path}' ends in none of {', '.join(READERS)}")
    return ending


def _is_ours(match: Path, folder: Path) -> bool:
    """Return True for a file in the folder, also by a link inside it. Names that DuckDB takes for a pattern are not."""
    try:
        target = match.resolve(strict=True)
        hidden = any(part.startswith(".") for part in match.relative_to(folder).parts)
        within = target.is_relative_to(folder) and target.is_file()
    except (OSError, RuntimeError, ValueError):
        return False
    return within and not hidden and not _UNREADABLE.search(target.relative_to(folder).as_posix())


def _fault(message: str) -> InvalidPayload:
    return not_there("path", message)
