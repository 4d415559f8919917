"""The third act: many requests over one socket."""

from streamer_site.local.demo.stage import Asked, Stage


async def play(stage: Stage) -> None:
    """Send ten requests at the same moment."""
    story = "One socket, two workers. What waits says so, and each bar is moved by its own messages."
    with stage.act("Ten at once", story) as scene:
        await stage.ask(scene, _ten())


def _ten() -> list[Asked]:
    return [
        _report("January, PDF", "2025-01-01", "2025-01-31", format="pdf"),
        _report("February, PDF, charts", "2025-02-01", "2025-02-28", format="pdf", include_charts=True),
        _report("March, Excel", "2025-03-01", "2025-03-31", format="excel"),
        _report("April, Excel, charts", "2025-04-01", "2025-04-30", format="excel", include_charts=True),
        _report("May, PDF", "2025-05-01", "2025-05-31", format="pdf"),
        _report("Nine months, CSV", "2025-01-01", "2025-09-30", format="csv"),
        _report("One week, PDF", "2025-09-01", "2025-09-07", format="pdf", report_type="custom"),
        _report("One week, Excel", "2025-10-06", "2025-10-12", format="excel", report_type="custom"),
        _report("Two weeks, Excel", "2025-11-17", "2025-11-30", format="excel", report_type="custom"),
        _report("One day, PDF", "2025-12-24", "2025-12-24", format="pdf", report_type="custom"),
    ]


def _report(label: str, start: str, end: str, **options: object) -> Asked:
    return label, "generate_report", {"start_date": start, "end_date": end, "source": "sample", **options}
