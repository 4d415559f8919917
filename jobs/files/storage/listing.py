"""The names of stored files, in pages: from a store that can continue after a name, or by walking its folders."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.core.files.storage import default_storage


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    name: str
    modified_at: datetime


def stored_after(folder: str, after: str, limit: int) -> list[StoredFile]:
    """List at most ``limit`` files of a folder and its subfolders: those after the name ``after``.

    An empty ``after`` begins; an empty list means that there are no more. Raises ``NotImplementedError`` for a
    storage that cannot list its files, ``OSError`` for one that does not answer.
    """
    if (page_after := getattr(default_storage, "page_after", None)) is not None:
        page: list[StoredFile] = page_after(folder, after, limit)
        return page
    return list(islice(_walk(folder, after.split("/") if after else []), limit))


def probe() -> None:
    """Ask the storage for a name. Raises ``OSError`` when it does not answer."""
    own = getattr(default_storage, "probe", None)
    if own is not None:
        own()
    else:
        default_storage.exists("artifacts")


def _walk(folder: str, after: list[str]) -> Iterator[StoredFile]:
    """Yield names in the order of their parts, so that whole folders before ``after`` are skipped unread."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    inner = set(folders)
    for name in sorted([*folders, *files]):
        path = f"{folder}/{name}"
        parts = path.split("/")
        if parts < after[: len(parts)]:
            continue
        if name in inner:
            yield from _walk(path, after)
        elif parts > after:
            try:
                yield StoredFile(name=path, modified_at=default_storage.get_modified_time(path))
            except FileNotFoundError:  # deleted meanwhile
                continue
