"""Tables of rows: for a terminal, with red where a bar was missed, and for a page. Pure."""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from benchmarks.frame.bars import MISSED, as_text
from benchmarks.results import Row


def by_scenario(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Yield the rows of each scenario, in the order they came in."""
    order = list(dict.fromkeys(row.scenario for row in rows))
    for scenario, found in groupby(sorted(rows, key=lambda row: order.index(row.scenario)), lambda row: row.scenario):
        yield scenario, list(found)


def columns(rows: Sequence[Row]) -> list[str]:
    """List the figures that at least one of the rows has."""
    names = dict.fromkeys(name for row in rows for name in row.figures)
    return [name for name in names if not all(math.isnan(row.figures.get(name, math.nan)) for row in rows)]


def cells(row: Row, names: Sequence[str]) -> list[str]:
    return [row.system, *(as_text(row.figures.get(name, math.nan)) for name in names)]


def terminal_table(scenario: str, rows: Sequence[Row]) -> Table:
    """Make the table of one scenario. A row below its bar is red."""
    names = columns(rows)
    table = Table(title=scenario, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, cells(row, names)), style="bold red" if row.below else None)
    return table


def verdict(row: Row) -> str:
    """Tell which bars a row missed, or that it reached them all; nothing for a row without bars."""
    if not row.below or not row.bar:
        return "reached" if row.bar else ""
    missed = [part.removesuffix(MISSED) for part in row.bar.split("; ") if part.endswith(MISSED)]
    return "missed: " + "; ".join(missed or [row.bar])


def markdown_table(rows: Sequence[Row]) -> str:
    """Write the table of one scenario. A row below its bar is bold, and says which bars it missed."""
    names = columns(rows)
    has_bars = any(row.bar for row in rows)
    head = ["", *names, *(["bars"] if has_bars else [])]
    lines = [_line(head), f"|{'---|' * len(head)}"]
    for row in rows:
        texts = cells(row, names)
        if row.below:
            texts = [f"**{text}**" for text in texts]
        lines.append(_line([*texts, *([verdict(row)] if has_bars else [])]))
    return "\n".join(lines)


def _line(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |".replace("|  |", "| |")
