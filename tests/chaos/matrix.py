"""The run of all cells, in order, on one stack with quick settings and one with the defaults."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatch
from itertools import groupby

from tests.chaos.cells import POSTGRES_RESTART, Cell
from tests.chaos.ground import Ground
from tests.chaos.trial import Options, Result, try_cell


def choose(cells: Iterable[Cell], pattern: str) -> list[Cell]:
    """Choose the cells whose name matches the shell pattern."""
    return [cell for cell in cells if fnmatch(cell.name, pattern)]


def run_matrix(cells: Sequence[Cell], options: Options, on_result: Callable[[Result], None]) -> list[Result]:
    """Run the cells. ``on_result`` is called after each. Raises ``ChaosFailed``, ``StackFailed``."""
    results = []
    for default_settings, group in groupby(cells, key=lambda cell: cell.default_settings):
        for result in _run_group(list(group), options, default_settings):
            results.append(result)
            on_result(result)
    return results


def _run_group(cells: Sequence[Cell], options: Options, default_settings: bool) -> Iterable[Result]:
    runnable = [cell for cell in cells if not why_skipped(cell, options)]
    if runnable:
        with Ground(default_settings=default_settings, database_url=options.database_url) as ground:
            for cell in runnable:
                yield asyncio.run(try_cell(cell, ground, options))
    for cell in cells:
        if reason := why_skipped(cell, options):
            yield Result(cell=cell, skipped=reason)


def why_skipped(cell: Cell, options: Options) -> str:
    """Return the reason why a cell is skipped; empty for one that can be tried."""
    if cell.fault.kind == "postgres" and not options.database_url:
        return "needs --database-url of PostgreSQL"
    if cell.fault == POSTGRES_RESTART and not options.postgres_restart:
        return "needs --postgres-restart-command"
    return ""
