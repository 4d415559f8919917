"""Rewrite a skops file so that equal models give equal bytes.

skops names objects and arrays by their addresses in memory, and its archive has the time of writing. Neither says
anything about the model.
"""

import json
import zipfile
from io import BytesIO
from pathlib import PurePath
from typing import Any

SCHEMA = "schema.json"
# The earliest date that a zip can have.
_DATE = (1980, 1, 1, 0, 0, 0)
_LEVEL = 6
_ADDRESSES = frozenset(["_stop_words_id"])
"""Attributes that hold an address: scikit-learn keeps it to check the stop words once only."""


def with_stable_bytes(data: bytes) -> bytes:
    """Number objects and arrays in the order in which the schema names them, and leave the times out."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(target, "w") as archive:
        numbers = _Numbers()
        schema = numbers.renamed(json.loads(source.read(SCHEMA)))
        for old, new in numbers.files.items():
            _write(archive, new, source.read(old))
        _write(archive, SCHEMA, json.dumps(schema, separators=(",", ":")).encode())
    return target.getvalue()


class _Numbers:
    """New numbers and names, given in the order in which the old ones come up."""

    def __init__(self) -> None:
        self._ids: dict[int, int] = {}
        self.files: dict[str, str] = {}

    def renamed(self, part: Any) -> Any:
        if isinstance(part, list):
            return [self.renamed(item) for item in part]
        if not isinstance(part, dict):
            return part
        is_node = "__class__" in part
        return {name: self._entry(name, value) if is_node else self.renamed(value) for name, value in part.items()}

    def _entry(self, name: str, value: Any) -> Any:
        if name == "__id__":
            return self._ids.setdefault(value, len(self._ids) + 1)
        if name == "file":
            return self.files.setdefault(value, f"{len(self.files) + 1}{PurePath(value).suffix}")
        if name == "content" and isinstance(value, dict):
            value = {key: {**item, "content": "0"} if key in _ADDRESSES else item for key, item in value.items()}
        return self.renamed(value)


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content, compresslevel=_LEVEL)
