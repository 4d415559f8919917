"""Writes columns of texts as Parquet, each with the type that all of its values fit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.contract.quoting import quote_name
from jobs.data.datasets.formats.side_by_side import side_by_side
from jobs.data.datasets.formats.texts import Texts
from jobs.data.type_inference import ALL_KINDS, JsonFloat, JsonInt, Kind, find_kinds, kinds_of_json, typed

# An expression takes memory for each of its steps, so one statement casts only a few columns.
_CASTS_AT_ONCE = 20
_EXAMPLES: dict[type, Any] = {bool: True, JsonInt: 0, JsonFloat: 0.0, str: "", list: [], dict: {}}


def write_typed(texts: Texts, columns: Mapping[str, str], target: Path) -> Mapping[str, Kind]:
    """Write ``columns`` of ``texts`` to ``target``, in order. Return the kind of each.

    ``columns`` maps the name in ``texts`` to the name in the file.
    """
    possible = {column: _possible(texts.types.get(column, set())) for column in columns}
    kinds = find_kinds(texts.run, texts.rows, possible)
    names = list(columns)
    parts: list[Path] = []
    groups = [names[at : at + _CASTS_AT_ONCE] for at in range(0, len(names), _CASTS_AT_ONCE)]
    for group in groups:
        cast = ", ".join(f"{typed(column, kinds[column])} AS {quote_name(columns[column])}" for column in group)
        parts.append(target if len(groups) == 1 else texts.folder / f"typed-{len(parts)}.parquet")
        texts.copy(f"SELECT {cast} FROM {texts.rows}", parts[-1], len(columns))
    if len(groups) > 1:
        side_by_side(parts, target, texts.look)
        texts.remove(parts)
    return kinds


def _possible(types: set[type]) -> tuple[Kind, ...]:
    """Return the kinds that the JSON types of a column's values allow; none means plain texts."""
    allowed = [kinds_of_json(_EXAMPLES[one]) for one in types]
    return tuple(kind for kind in ALL_KINDS if all(kind in kinds for kinds in allowed))
