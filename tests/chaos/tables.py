"""The results of the matrix: a table for the terminal, one for documents, and the faults in sentences."""

from collections.abc import Sequence

from rich import box
from rich.table import Table

from tests.chaos.trial import Result
from tests.chaos.verdict import count_up, write_seconds

_HEADINGS = ("cell", "requests", "recovery", "lost", "doubled", "disordered", "doctor")


def row(result: Result) -> tuple[str, ...]:
    if result.skipped:
        return (result.cell.name, "–", "–", "–", "–", "–", "skipped")
    return (result.cell.name, *result.cells())


def terminal_table(results: Sequence[Result]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, border_style="dim")
    for heading in _HEADINGS:
        table.add_column(heading, justify="left" if heading in ("cell", "doctor") else "right", no_wrap=True)
    for result in results:
        table.add_row(*row(result), style="dim" if result.skipped else None if result.is_good else "red")
    return table


def markdown_table(results: Sequence[Result]) -> str:
    lines = [f"| {' | '.join(_HEADINGS)} |", "|---|--:|--:|--:|--:|--:|---|"]
    lines += [f"| {' | '.join(('`' + cells[0] + '`', *cells[1:]))} |" for cells in map(row, results)]
    return "\n".join(lines) + "\n"


def complaints(results: Sequence[Result]) -> list[str]:
    """Describe the faults in words."""
    return [f"{result.cell.name}: {text}" for result in results for text in (*result.problems, *result.doctor)]


def summary(results: Sequence[Result]) -> str:
    tried = [result for result in results if not result.skipped]
    good = sum(result.is_good for result in tried)
    recoveries = [result.recovery_seconds for result in tried if result.recovery_seconds is not None]
    slowest = f", slowest recovery {write_seconds(max(recoveries))}" if recoveries else ""
    skipped = f", {len(results) - len(tried)} skipped" if len(results) > len(tried) else ""
    return f"{good} of {len(tried)} cells good{skipped}: {count_up(tried)}{slowest}."
