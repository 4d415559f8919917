"""The bars: what a figure of ours must reach, by itself or beside a peer. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from benchmarks.results import Row

MISSED = " (missed)"
"""The end of a bar in words that a row did not reach."""


@dataclass(frozen=True)
class Bar:
    """A limit for one figure: ``number`` itself, or ``number`` times the same figure of the system ``beside``."""

    figure: str
    relation: Literal[">=", "<="]
    number: float
    beside: str | None = None

    def limit(self, rows: Mapping[str, Row]) -> float | None:
        """Return the limit, or None where the system to compare with was not measured."""
        if self.beside is None:
            return self.number
        row = rows.get(self.beside)
        figure = row.figures.get(self.figure, math.nan) if row else math.nan
        return None if math.isnan(figure) else self.number * figure


def judge(row: Row, bars: Sequence[Bar], others: Sequence[Row] = ()) -> Row:
    """Return the row with its bars in words, and whether a figure is below one. Missed bars say so."""
    beside = {other.system: other for other in others if other.scenario == row.scenario}
    words, below = [], False
    for bar in bars:
        limit, figure = bar.limit(beside), row.figures.get(bar.figure, math.nan)
        if limit is None or math.isnan(figure):
            continue
        missed = figure < limit if bar.relation == ">=" else figure > limit
        below = below or missed
        share = f" ({bar.number:g} x {bar.beside})" if bar.beside else ""
        words.append(f"{bar.figure} {bar.relation} {as_text(limit)}{share}{MISSED if missed else ''}")
    return replace(row, bar="; ".join(words) or None, below=below)


def as_text(figure: float) -> str:
    """Write a figure with about three digits that mean something; a dash where there is none."""
    if math.isnan(figure):
        return "-"
    if figure == int(figure) or abs(figure) >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if abs(figure) >= 10 else f"{figure:.2f}"
