"""Fold classes of too few rows to learn from: put them together, leave them out, or refuse them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.handler import Permanent
from jobs.handlers.process_data.learning.options import Rare

MIN_CLASS_ROWS = 3
MAX_CLASSES = 100
_GROUP = "other"


@dataclass(frozen=True, kw_only=True)
class Folded:
    """A treatment of rare classes. Classes that are not named stay as they are."""

    names: Mapping[str, str | None] = field(default_factory=dict)
    """Rare class → the group it is in; None: its rows are left out."""
    group: str | None = None
    notes: tuple[str, ...] = ()


def fold_rare(counts: Mapping[str, int], rare: Rare, target: object) -> Folded:
    """Fold the classes (name → rows). Raises ``Permanent``, naming them, if rare classes are to fail."""
    found = sorted(name for name, count in counts.items() if count < MIN_CLASS_ROWS)
    if not found or len(counts) < 2:
        return Folded()
    shown = ", ".join(f"'{shorten(name)}'" for name in found[:5]) + (" …" if len(found) > 5 else "")
    which = f"{len(found):,} of the target '{target}' {'has' if len(found) == 1 else 'have'} fewer: {shown}"
    if rare == "fail":
        if len(counts) > MAX_CLASSES:
            return Folded()  # there are too many in any case, which is the better thing to say
        raise Permanent(
            f"Each class needs at least {MIN_CLASS_ROWS} rows; {which}. "
            "The option 'rare' puts them together (group) or leaves them out (drop)"
        )
    rows = sum(counts[name] for name in found)
    start = f"Classes of fewer than {MIN_CLASS_ROWS} rows ({len(found):,}: {shown})"
    if rare == "group" and rows >= MIN_CLASS_ROWS:
        group = _GROUP
        while group in counts:
            group += "_"
        note = f"{start} are one class, '{group}', of {rows:,} rows."
        return Folded(names=dict.fromkeys(found, group), group=group, notes=(note,))
    too_few = f", since together they have fewer than {MIN_CLASS_ROWS}" if rare == "group" else ""
    note = f"{start} are left out{too_few}: {rows:,} {'row' if rows == 1 else 'rows'}."
    return Folded(names=dict.fromkeys(found), notes=(note,))


def shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
