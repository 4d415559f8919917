"""The story of the demo: a whole stack, five acts over its real socket, the files, and a check of all messages."""

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from jobs.formatting import format_duration
from streamer_site.local.client import Client, ConnectionEnded
from streamer_site.local.demo.acts import ACTS, LEASE_SECONDS
from streamer_site.local.demo.books import show_books
from streamer_site.local.demo.display import Display
from streamer_site.local.demo.files import fetch_files
from streamer_site.local.demo.stage import ActFailed, Stage
from streamer_site.local.downloads import DownloadFailed
from streamer_site.local.process import end_of_log
from streamer_site.local.stack import Stack

# Below the data folder of the shell, or ``var``. Not that itself, because the demo begins by emptying its folder.
DATA_DIR = Path(settings.DATA_DIR) / "demo"
SAMPLE_DIR = Path(settings.STREAMER_SAMPLE_DIR)
_USER = "demo"


def make_stack(data_dir: Path = DATA_DIR) -> Stack:
    """Make a stack on a folder of its own, whatever else the shell has configured. The sample is kept for the next."""
    env = {
        "STREAMER_SAMPLE_DIR": str(SAMPLE_DIR),
        "STREAMER_STORAGE_OPTIONS": json.dumps({"location": str(data_dir / "storage")}),
        "STREAMER_LEASE_SECONDS": str(LEASE_SECONDS),
    }
    return Stack(data_dir, env=env, inherit_settings=False, wipe=True, prepare=["streamer_sample"])


def tell(stack: Stack, display: Display) -> list[str]:
    """Start the stack and play the acts. Return the texts of all failures."""
    display.title("Streamer in five acts", str(stack.data_dir))
    started_at = time.monotonic()
    with display.doing("Starting a fresh database, the sample data, and all processes"):
        stack.start()
        token = stack.token(_USER)
    processes = ", ".join(stack.supervisor.processes)
    display.tick(f"Up: {processes}", format_duration(time.monotonic() - started_at))
    return asyncio.run(_play(stack, token, display, started_at))


def explain(stack: Stack, problems: Sequence[str], display: Display) -> None:
    """Say what failed, and show the log of the process that failed, or else those of the workers."""
    display.heading("The demo failed")
    for problem in problems:
        display.cross(problem)
    supervisor = stack.supervisor
    for process in supervisor.failing() or supervisor.named("worker"):
        display.note(end_of_log(process))
    display.note(f"All logs are in {stack.data_dir / 'logs'}")


async def _play(stack: Stack, token: str, display: Display, started_at: float) -> list[str]:
    try:
        async with Client(stack.ws_url, token) as client:
            stage = Stage(stack=stack, token=token, client=client, display=display)
            stage.folder.mkdir(exist_ok=True)
            for play in ACTS:
                await play(stage)
                await client.ping()  # after it, no more messages are on their way
                if faults := stage.faults():
                    return faults
            if problems := await fetch_files(stage):
                return problems
            show_books(stage, time.monotonic() - started_at)
            return []
    except (ActFailed, ConnectionEnded, DownloadFailed, OSError) as error:
        return [str(error)]
