"""Break the records of a selection down by the values of one or two columns, largest totals first."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.handlers.generate_report.figures.tallies import Tally, add_up, tally_sql, to_tally
from jobs.handlers.generate_report.records.columns import Column
from jobs.handlers.generate_report.records.group_by import GroupColumn
from jobs.handlers.generate_report.records.selection import SELECTION, Selection

MAX_NAMES = 100
MAX_GROUPS = 50
NO_NAME = "(none)"
Labels = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """Tallies by the values of ``columns``, largest total first."""

    columns: Labels
    groups: Sequence[tuple[Labels, Tally]]
    """The largest groups, up to the limit of the breakdown."""
    count: int
    """The number of different groups."""
    others: Tally
    """The tally of all groups beyond ``groups``."""

    @property
    def beyond(self) -> int:
        """Return the number of groups in ``others``."""
        return self.count - len(self.groups)

    def rows(self) -> list[tuple[Labels, Tally]]:
        """Return the groups and, if there are more of them, one row for the rest."""
        if not self.beyond:
            return list(self.groups)
        return [*self.groups, ((f"All others ({self.beyond:,})", *[""] * (len(self.columns) - 1)), self.others)]

    def named(self) -> list[tuple[str, Tally]]:
        """Return the rows with their labels joined to one text."""
        return [(" · ".join(filter(None, labels)), tally) for labels, tally in self.rows()]


def break_down(selection: Selection, column: Column, whole: Tally) -> Breakdown:
    """Break down by the values of a column; keep the hundred largest."""
    return _largest(selection, (column.name,), (f"CAST({column.sql} AS VARCHAR)",), whole, MAX_NAMES)


def break_down_by_groups(selection: Selection, columns: Sequence[GroupColumn], whole: Tally) -> Breakdown:
    """Break down by the columns of ``group_by``; keep the fifty largest."""
    names, parts = tuple(column.name for column in columns), tuple(column.sql for column in columns)
    return _largest(selection, names, parts, whole, MAX_GROUPS)


def break_down_by_source(selection: Selection, column: Column, sources: Sequence[str], whole: Tally) -> Breakdown:
    """Break down by source, including sources without records."""
    found = break_down(selection, column, whole)
    named = {labels[0] for labels, _ in found.groups}
    empty = [((source,), Tally()) for source in sources if source not in named]
    groups = sorted([*found.groups, *empty], key=lambda group: -group[1].exact_total)
    return Breakdown(columns=found.columns, groups=groups, count=len(groups), others=found.others)


def _largest(selection: Selection, names: Labels, parts: Sequence[str], whole: Tally, limit: int) -> Breakdown:
    labels = [f"coalesce(nullif({part}, ''), '{NO_NAME}')" for part in parts]
    places = ", ".join(str(number + 1) for number in range(len(labels)))
    rows = selection.reader.fetch(
        f"SELECT {', '.join(labels)}, {tally_sql(selection.columns)} FROM {SELECTION} GROUP BY {places} "
        f"ORDER BY sum({selection.columns.amount_sql}) DESC NULLS LAST, {places} LIMIT {limit}"
    )
    groups = [(tuple(row[: len(labels)]), to_tally(row[len(labels) :])) for row in rows]
    distinct = f"SELECT DISTINCT {', '.join(labels)} FROM {SELECTION}"
    return Breakdown(
        columns=names,
        groups=groups,
        count=selection.reader.fetch(f"SELECT count(*) FROM ({distinct})")[0][0],
        others=whole - add_up(tally for _, tally in groups),
    )
