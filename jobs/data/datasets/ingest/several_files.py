"""Text files to one Parquet file, by the rules of uploads. Its types fit the values of all of them."""

import codecs
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jobs.data.datasets.failures import DatasetError, TooLarge, Unreadable
from jobs.data.datasets.formats.texts import Texts
from jobs.data.datasets.ingest.content import Kind, kind_of
from jobs.data.datasets.ingest.conversion import unpacked
from jobs.data.datasets.ingest.encoding import marked_encoding
from jobs.data.datasets.ingest.engine import open_engine
from jobs.data.datasets.ingest.text_files import add_text, faults_of_files, finish
from jobs.data.datasets.ingest.unpacking import beginning_of
from jobs.errors import Permanent
from jobs.formatting import format_counted

_BEGINNING_BYTES = 5 * 1024 * 1024


def texts_to_parquet(
    names: Mapping[str, str],
    folder: Path,
    *,
    memory: str,
    disk_bytes: int,
    check: Callable[[], None],
    notes: list[str],
    first_rows: int | None = None,
) -> str:
    """Write all rows to a file in ``folder``, an empty one, and return its path. Raises ``Permanent``.

    ``names``: absolute path → the name that people see. ``first_rows``: the most rows that are read of each file.
    """
    told: dict[str, list[str]] = {name: [] for name in names.values()}
    target = folder / "rows.parquet"
    with open_engine(folder, folder, memory, disk_bytes, in_order=True) as connection:
        texts = Texts(connection=connection, folder=folder, check=check, first_rows=first_rows)
        for path, name in names.items():
            check()
            try:
                with faults_of_files(memory):
                    plain, kind = _plain(Path(path), folder, disk_bytes, cut=first_rows is not None)
                    add_text(texts, plain, kind, None, told[name])
            except TooLarge:
                raise Permanent(f"These rows fill more than the {disk_bytes:,} bytes that a request may use.") from None
            except DatasetError as error:
                raise Permanent(f"'{name}' cannot be read: {error.message}", details=error.details) from None
        notes += joined_notes(told)
        try:
            with faults_of_files(memory):
                finish(texts, target, notes)
        except DatasetError as error:
            raise Permanent(f"These rows cannot be read: {error.message}", details=error.details) from None
        texts.remove(texts.parts)
    return str(target)


def joined_notes(told: Mapping[str, Sequence[str]]) -> list[str]:
    """Join the notes about several files, file → notes. One that does not hold for all of them names the first."""
    files: dict[str, list[str]] = {}
    for name, notes in told.items():
        for note in dict.fromkeys(notes):
            files.setdefault(note, []).append(name)
    return [note if len(names) == len(told) else f"{note} ({_in_files(names)})" for note, names in files.items()]


def _in_files(names: Sequence[str]) -> str:
    more = len(names) - 1
    return f"in '{names[0]}'" + (f" and {format_counted(more, 'other file')}" if more else "")


def _plain(path: Path, folder: Path, most_bytes: int, *, cut: bool) -> tuple[Path, Kind]:
    """Copy the file, or its beginning, to ``folder`` without gzip. Return the copy and its kind."""
    if cut:
        plain = _beginning(path, folder / "copy")
        kind = kind_of(plain)
    else:
        plain, kind = unpacked(path, folder, most_bytes)
        if path.name.lower().endswith(".gz") == (plain == path):
            raise Unreadable("Either the name of the file ends in .gz or its content is gzip, but not both")
    if kind not in ("text", "json"):
        raise Unreadable("The name of the file says that it is text, but its content is not")
    return (Path(shutil.copyfile(path, folder / "copy")) if plain == path else plain), kind


def _beginning(path: Path, target: Path) -> Path:
    """Write the beginning of the file. Where it is cut, no character is cut in two."""
    content, is_whole = beginning_of(path, _BEGINNING_BYTES)
    if not is_whole:
        marked = marked_encoding(content)
        if marked in ("utf-16", "utf-32"):
            text = codecs.getincrementaldecoder(marked)("replace").decode(content)
            content = codecs.BOM_UTF8 + text.encode("utf-8", "replace")
        else:
            # Before the last line end that is one in any encoding of bytes.
            content = content[: max(content.rfind(b"\n"), content.rfind(b"\r")) + 1] or content
    target.write_bytes(content)
    return target
