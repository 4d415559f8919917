"""The books: each request has one end, and each number came once, in order. They are shown when that was checked."""

from jobs.formatting import format_count, format_duration
from streamer_site.local.demo.stage import Scene, Stage


def show_books(stage: Stage, seconds: float) -> None:
    """Show the totals of each act, and of all. ``seconds``: since the start of the first process."""
    scenes, display = stage.scenes, stage.display
    display.heading("The books")
    headings = [("Act", False), ("Requests", True), ("Messages", True), ("Attempts", True), ("Time", True)]
    display.table(headings, [_row(number, scene) for number, scene in enumerate(scenes, start=1)])
    requests = [one for scene in scenes for one in scene.followed]
    queued = sum(one.was_queued for one in requests)
    numbered = sum(map(_numbered, scenes))
    display.tick(
        f"{format_count(len(requests))} requests, each with exactly one final message",
        f"{format_count(queued)} by way of the queue",
    )
    display.tick(
        f"{format_count(numbered)} numbered messages, each once and in order",
        "1, 2, 3 … for each request",
    )
    display.tick("All of it, from the start of the first process", format_duration(seconds))


def _row(number: int, scene: Scene) -> tuple[str, ...]:
    attempts = sum(one.attempt for one in scene.followed)
    counts = (len(scene.followed), _numbered(scene), attempts)
    return (f"{number}  {scene.title}", *map(format_count, counts), format_duration(scene.seconds))


def _numbered(scene: Scene) -> int:
    return sum(len(one.seqs) for one in [*scene.followed, *scene.echoed])
