"""The results: a line for each, a table for documents, and the sum of all."""

from collections.abc import Sequence

from tests.chaos.verdict import count_up, write_seconds
from tests.hosts.trial import Result

_HEADINGS = ("scenario", "requests", "recovery", "lost", "doubled", "disordered", "doctor")


def line(result: Result) -> str:
    if result.skipped:
        return f"–  {result.scenario.name:<32} skipped: needs {result.skipped}"
    mark = "✓" if result.is_good else "✗"
    lost = f", {result.lost_commits} acknowledged requests lost" if result.lost_commits else ""
    return (
        f"{mark}  {result.scenario.name:<32} {write_seconds(result.recovery_seconds):>7} to recover, "
        f"{result.seconds:.0f} s in all{lost}"
    )


def complaints(result: Result) -> list[str]:
    balance = result.balance
    counts = {"lost": balance.lost, "doubled": balance.doubled, "disordered": balance.disordered}
    return [*(f"{count} {what}" for what, count in counts.items() if count), *result.problems, *result.doctor]


def markdown_table(results: Sequence[Result]) -> str:
    lines = [f"| {' | '.join(_HEADINGS)} |", "|---|--:|--:|--:|--:|--:|---|"]
    lines += [f"| {' | '.join(_row(result))} |" for result in results]
    return "\n".join(lines) + "\n"


def summary(results: Sequence[Result]) -> str:
    tried = [result for result in results if not result.skipped and not result.scenario.may_lose]
    return f"{sum(result.is_good for result in tried)} of {len(tried)} scenarios good: {count_up(tried)}."


def _row(result: Result) -> tuple[str, ...]:
    name = f"`{result.scenario.name}`"
    if result.skipped:
        return (name, "–", "–", "–", "–", "–", f"skipped: needs {result.skipped}")
    if result.scenario.may_lose:
        return (name, str(result.requests), "–", f"{result.lost_commits} requests", "–", "–", "–")
    return (name, *result.cells())
