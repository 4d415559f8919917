"""The results: a line for each, a table for documents, and the sum of all."""

from collections.abc import Sequence

from tests.chaos.stream import Balance
from tests.hosts.trial import Result

_HEADINGS = ("scenario", "requests", "recovery", "lost", "doubled", "disordered", "doctor")


def line(result: Result) -> str:
    if result.skipped:
        return f"–  {result.scenario.name:<32} skipped: needs {result.skipped}"
    mark = "✓" if result.is_good else "✗"
    lost = f", {result.lost_commits} acknowledged requests lost" if result.lost_commits else ""
    return (
        f"{mark}  {result.scenario.name:<32} {_seconds(result.recovery_seconds):>7} to recover, "
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
    balance = sum((result.balance for result in tried), Balance())
    return (
        f"{sum(result.is_good for result in tried)} of {len(tried)} scenarios good: "
        f"{sum(result.requests for result in tried)} requests, "
        f"lost {balance.lost}, doubled {balance.doubled}, disordered {balance.disordered}."
    )


def _row(result: Result) -> tuple[str, ...]:
    name = f"`{result.scenario.name}`"
    if result.skipped:
        return (name, "–", "–", "–", "–", "–", f"skipped: needs {result.skipped}")
    if result.scenario.may_lose:
        return (name, str(result.requests), "–", f"{result.lost_commits} requests", "–", "–", "–")
    balance = result.balance
    doctor = "healthy" if not result.doctor else f"{len(result.doctor)} findings"
    counts = (str(count) for count in (balance.lost, balance.doubled, balance.disordered))
    return (name, str(result.requests), _seconds(result.recovery_seconds), *counts, doctor)


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.1f} s"
