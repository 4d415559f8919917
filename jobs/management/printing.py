"""Tables and JSON as commands print them."""

import json
from collections.abc import Sequence
from typing import IO, Any, Final, cast

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

_WIDTH: Final = 200


def print_table(command: BaseCommand, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below the names of their columns. No line is broken, and nothing in it is read as markup."""
    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*row)
    Console(file=cast(IO[str], command.stdout), highlight=False, markup=False, width=_WIDTH).print(table)


def print_json(command: BaseCommand, value: Any) -> None:
    command.stdout.write(json.dumps(value, indent=2))
