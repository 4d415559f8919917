"""Writes results into a page: only what stands between the marks of a scenario is replaced. Pure."""

import textwrap
from collections.abc import Sequence

from benchmarks.frame.tables import by_scenario, markdown_table
from benchmarks.results import Row

_WIDTH = 100


def block(rows: Sequence[Row], conditions: str) -> str:
    """Write what stands between the marks: the conditions, and a table for each scenario."""
    parts = [textwrap.fill(conditions, _WIDTH, break_on_hyphens=False, break_long_words=False)]
    for scenario, found in by_scenario(rows):
        parts += [f"**{scenario}**", markdown_table(found)]
    return "\n\n".join(parts)


def with_block(page: str, name: str, text: str) -> str:
    """Return the page with ``text`` between the marks of ``name``. A page without them gets a section at its end."""
    begin, end = f"<!-- bench {name}: made by `make bench` -->", f"<!-- end of bench {name} -->"
    before, found, rest = page.partition(begin)
    if not found:
        return f"{page.rstrip()}\n\n## {name.capitalize()}\n\n{begin}\n\n{text}\n\n{end}\n"
    _, ended, after = rest.partition(end)
    if not ended:
        raise ValueError(f"The page has no '{end}'")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"
