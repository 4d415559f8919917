"""The steps of a run's progress."""

from jobs.testing import HandlerRun


def jumps(run: HandlerRun) -> list[float]:
    """Return how far each report is above the one before, from 0 on, as the handler gave them."""
    steps = [0.0, *(report.given_percentage for report in run.progress)]
    return [after - before for before, after in zip(steps, steps[1:], strict=False)]
