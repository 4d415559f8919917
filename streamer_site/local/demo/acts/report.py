"""The second act: long work has a bar that is true."""

from streamer_site.local.demo.stage import Asked, Stage

_YEAR: Asked = (
    "A year, PDF with charts",
    "generate_report",
    {
        "start_date": "2025-01-01",
        "end_date": "2025-12-31",
        "source": "sample",
        "format": "pdf",
        "include_charts": True,
    },
)


async def play(stage: Stage) -> None:
    """Make one report."""
    story = "It is stored, a worker runs it, and each step comes over the socket as it happens."
    with stage.act("A report, and its bar", story) as scene:
        await stage.ask(scene, [_YEAR])
