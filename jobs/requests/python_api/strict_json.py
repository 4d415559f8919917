"""Read values that Python code gives as strictly as JSON that comes over the wire."""

import math
from collections.abc import Mapping
from typing import Any

from jobs.errors import Fault
from jobs.jsonable import is_storable

MAX_DEPTH = 63
"""The deepest nesting of arrays and objects: that of a message on the wire, in which a payload is one level."""


def read_json(value: Any) -> tuple[Any, list[Fault]]:
    """Copy ``value`` as plain JSON data, and list its faults. With faults, the copy is of no use.

    Tuples become lists; texts and numbers of a subclass, such as members of ``TextChoices``, become plain.
    """
    faults: list[Fault] = []
    return _read(value, "", MAX_DEPTH, faults), faults


def _read(value: Any, path: str, levels: int, faults: list[Fault]) -> Any:
    if isinstance(value, Mapping | list | tuple):
        if levels == 0:
            faults.append(_fault(path, f"nested more than {MAX_DEPTH} levels deep", "json_too_deep"))
            return None
        if isinstance(value, Mapping):
            return {_key(key, path, faults): _read(v, f"{path}.{key}", levels - 1, faults) for key, v in value.items()}
        return [_read(item, f"{path}[{index}]", levels - 1, faults) for index, item in enumerate(value)]
    return _scalar(value, path, faults)


def _key(key: Any, path: str, faults: list[Fault]) -> str:
    if not isinstance(key, str):
        faults.append(_fault(path, f"the keys of an object are texts, not {type(key).__name__}", "json_key"))
        return ""
    return str(_scalar(key, path, faults))


def _scalar(value: Any, path: str, faults: list[Fault]) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if not is_storable(value):
            faults.append(_fault(path, "this text has a character that cannot be stored", "json_text"))
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            faults.append(_fault(path, "JSON has no NaN and no infinity", "json_number"))
        return float(value)
    faults.append(_fault(path, f"JSON has no {type(value).__name__}", "json_type"))
    return None


def _fault(path: str, message: str, kind: str) -> Fault:
    return {"path": path.lstrip("."), "message": message, "type": kind}
