"""Reads the environment: every declared variable, all faults at once, and the names that nothing knows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jobs.conf.faults import Fault, WrongValue, nearest_name, quoted
from jobs.conf.setting import Setting

PREFIX: Final = "STREAMER_"
FILE: Final = "_FILE"
TOLD: Final = "STREAMER_UNKNOWN_TOLD"
"""The variable by which a process tells those that it starts which unknown names it has warned about."""
# The command-line client reads the first two, the fault injection of tests the third.
_OTHERS = frozenset({"STREAMER_URL", "STREAMER_TOKEN", "STREAMER_CHAOS_DIR", TOLD})
_MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The values and the faults of the environment."""

    values: Mapping[str, Any]
    """By name. A wrong or missing variable has its default; None where there is none."""
    faults: list[Fault]


def read_environment(declared: Iterable[Setting], environ: Mapping[str, str]) -> Environment:
    """Read every declared variable. ``NAME_FILE``, the path of a file that has the value, goes before ``NAME``."""
    values: dict[str, Any] = {}
    faults = []
    for one in declared:
        values[one.name] = one.default
        try:
            source, text = _text_of(one, environ)
            if text is not None:
                values[one.name] = one.read(text, name=source)
        except WrongValue as error:
            faults.append(error.fault)
    return Environment(values=values, faults=faults)


def unknown_names(declared: Iterable[Setting], environ: Mapping[str, str]) -> dict[str, str]:
    """Map each variable that begins like Streamer's and is none of them to the nearest name, or an empty text."""
    names = {one.name for one in declared}
    given = {name for name in environ if name.startswith(PREFIX)} - names - _OTHERS
    told = set(environ.get(TOLD, "").split(","))
    unknown = {name for name in given if name.removesuffix(FILE) not in names} - told
    ours = [name for name in names if name.startswith(PREFIX)]
    return {name: nearest_name(name, ours) for name in sorted(unknown)}


def _text_of(one: Setting, environ: Mapping[str, str]) -> tuple[str, str | None]:
    """Return the variable that sets it, and its text; None where none does."""
    path = environ.get(f"{one.name}{FILE}")
    if not path:
        return one.name, environ.get(one.name)
    name = f"{one.name}{FILE}"
    try:
        with Path(path).open(encoding="utf-8") as file:
            text = file.read(_MOST_BYTES)
    except (OSError, ValueError) as error:  # ValueError: it is no UTF-8, or the path has a null byte
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        # Whoever took it for the variable of the key itself has put the key there.
        trouble = (
            f"names a file that cannot be read: {why}"
            if one.is_secret
            else (f"is {quoted(path)}, which cannot be read: {why}")
        )
        raise WrongValue(Fault(name=name, trouble=trouble, expected="the path of a file that has the value")) from None
    # A key counts as it is: others may sign with the same file.
    return name, text if one.is_secret else text.strip()
