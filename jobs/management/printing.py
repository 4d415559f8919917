"""Tables and JSON as commands print them."""

import json
from collections.abc import Mapping, Sequence
from typing import IO, Any, Final, cast

from django.core.management.base import BaseCommand
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

_GAP: Final = 2
_LEAST_CHARACTERS: Final = 12
"""A last column that is narrower says too little to be shown."""


def print_table(
    command: BaseCommand, columns: Sequence[str], rows: Sequence[Sequence[str]], *, spare: Sequence[str] = ()
) -> None:
    """Print rows below the names of their columns, each on one line. Nothing in them is read as markup.

    On a terminal that is too narrow, the columns of ``spare`` are left out, the first of them first, and what is in the
    last column is cut. A file or a pipe gets all of them.
    """
    lines = [[" ".join(text.split()) for text in row] for row in rows]
    widths = {name: max(cell_len(line[at]) for line in [columns, *lines]) for at, name in enumerate(columns)}
    width = None if command.stdout.isatty() else _total(widths)
    console = Console(file=cast(IO[str], command.stdout), highlight=False, markup=False, width=width)
    shown = _fitting(widths, spare, console.width)
    table = Table(box=None, header_style="bold", padding=(0, _GAP, 0, 0), pad_edge=False)
    for name, characters in shown.items():
        table.add_column(name, no_wrap=True, width=characters)
    for line in lines:
        table.add_row(*(text for name, text in zip(columns, line, strict=True) if name in shown))
    console.print(table)


def print_json(command: BaseCommand, value: Any) -> None:
    command.stdout.write(json.dumps(value, indent=2))


def _fitting(widths: Mapping[str, int], spare: Sequence[str], room: int) -> dict[str, int]:
    """Return the columns to show, in their order, and the characters that each of them has."""
    shown, to_go = dict(widths), list(spare)
    while True:
        last = list(shown)[-1]
        left = room - _total(shown) + shown[last]
        if left >= min(shown[last], _LEAST_CHARACTERS) or not to_go:
            return {**shown, last: max(1, min(shown[last], left))}
        del shown[to_go.pop(0)]


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + _GAP * (len(widths) - 1)
