"""Fetches the files that the acts made, and shows them."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from jobs.formatting import format_bytes, format_duration
from streamer_site.local.client import Followed
from streamer_site.local.demo.stage import Stage
from streamer_site.local.downloads import Download, DownloadFailed, download


async def fetch_files(stage: Stage) -> list[str]:
    """Download every file over HTTP and show the result. Return the texts of all failures."""
    stage.display.heading("The files, each with the size and the sha256 that the server announced")
    problems, rows = [], []
    for one in [one for scene in stage.scenes for one in scene.followed]:
        for artifact in _artifacts(one.result):
            try:
                file = await asyncio.to_thread(download, stage.stack.http_url, artifact, stage.folder)
            except DownloadFailed as error:
                problems.append(str(error))
            else:
                rows.append(_row(one, file))
    headings = [("File", False), ("Size", True), ("Made in", True), ("Fetched in", True), ("sha256", False)]
    stage.display.table(headings, rows)
    stage.display.note(f"   in {stage.folder}")
    return problems


def _artifacts(result: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "artifact_id" in result:
        yield result
    for value in (result.get("artifacts") or {}).values():
        if "artifact_id" in value:
            yield value


def _row(made: Followed, file: Download) -> tuple[str, ...]:
    times = (format_duration(made.seconds), format_duration(file.seconds))
    return (file.path.name, format_bytes(file.size_bytes), *times, f"{file.sha256[:10]}…")
