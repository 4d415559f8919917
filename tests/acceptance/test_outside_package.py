"""A package of somebody else's, made as docs/how-to/outside-handlers.md says, in a home folder of its own.

Its virtual environment finds the libraries of this one by a ``.pth`` file, so nothing is downloaded. That is the only
command of the page which is not run as it stands.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from streamer_site.local.stack import PROJECT_DIR
from tests.acceptance.client import SUBPROTOCOL, open_socket
from tests.acceptance.how_to import Block, read_blocks
from tests.acceptance.streams import types
from tests.live import sample_dir_for
from tests.local.ports import a_free_port

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
PAGE = PROJECT_DIR / "docs/how-to/outside-handlers.md"
READ_VARIABLES = "cd ~/word-shop && . ./streamer.env"
_NOT_OURS = ("STREAMER", "DJANGO_", "PYTHON", "VIRTUAL_ENV", "DATABASE_URL", "REDIS_URL", "LOG_", "PYTEST_")


class Home:
    """The home folder of the package's author, who has a clone of Streamer in it."""

    def __init__(self, path: Path, sample_dir: Path) -> None:
        self.path = path
        self.folder = path / "word-shop"
        (path / "streamer").symlink_to(PROJECT_DIR)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
        # A worker that loads no libraries ahead of its first request starts sooner.
        ours = {"HOME": str(path), "STREAMER_PRELOAD": "false", "STREAMER_SAMPLE_DIR": str(sample_dir)}
        self.env = {**kept, **ours}

    def make_environment(self) -> None:
        """Make the environment without ``pip install``."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.folder / ".venv"], check=True)
        (site,) = (self.folder / ".venv/lib").glob("python*/site-packages")
        (site / "streamer-requirements.pth").write_text(sysconfig.get_path("purelib"))

    def write(self, block: Block) -> None:
        path = self.path / block.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)

    def script(self, commands: str) -> list[str]:
        variables = READ_VARIABLES if (self.folder / "streamer.env").exists() else "cd"
        return ["bash", "-euo", "pipefail", "-c", f"{variables}\n{commands}"]

    def run(self, commands: str) -> str:
        done = subprocess.run(
            self.script(commands), env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90
        )
        assert done.returncode == 0 and "streamer.handlers" not in done.stderr, f"{commands}\n{done}"
        return done.stdout

    @contextmanager
    def running(self, command: str) -> Iterator[None]:
        """Run the command inside the block, after it has printed its addresses."""
        with subprocess.Popen(
            self.script(f"exec {command}"), env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout
            try:
                _read_until(process.stdout, "of user admin")
                yield
            finally:
                process.terminate()
                process.stdout.read()


def _read_until(output: IO[str], text: str) -> None:
    read = ""
    for line in output:
        read += line
        if text in line:
            return
    raise AssertionError(f"it ended without saying '{text}':\n{read}")


def commands_with(text: str) -> str:
    """Return the only block of commands that has ``text``."""
    (found,) = (
        one.text for one in read_blocks(PAGE) if one.language == "sh" and not one.file_name and text in one.text
    )
    return found


async def test_it_works_as_the_page_says(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = Home(tmp_path, sample_dir_for(tmp_path_factory))
    home.run(commands_with("mkdir"))
    home.make_environment()
    for block in read_blocks(PAGE):
        if block.file_name:
            home.write(block)
    assert commands_with("streamer.env").strip() == READ_VARIABLES

    said = home.run(commands_with("makemigrations"))
    assert "Create model WordCount" in said and "Applying word_shop.0001_initial... OK" in said
    assert "2 passed" in home.run(commands_with("pytest"))

    port = a_free_port()
    url = f"ws://127.0.0.1:{port}/ws/"
    with home.running(f"{commands_with('streamer_up').strip()} --port {port} --workers 1"):
        asked = commands_with("ask.py")
        assert "ws://127.0.0.1:8000/ws/" in asked
        lines = home.run(f"{asked.replace('8000', str(port))}\necho $TOKEN").splitlines()
        token = lines.pop()
        assert lines[:2] == ["welcome  ", "acknowledgment  "] and lines[-1] == "complete  {'words': 6000}"

        async with open_socket(url, subprotocols=[SUBPROTOCOL, f"bearer.{token}"]) as client:
            request_id = await client.submit("count_words", {"texts": ["one two", "three"]})
            stream = await client.whole_stream(request_id)
            answer = await client.request("longest_word", {"text": "a word longer than these"})
        assert types(stream) == ["started", "progress", "complete"]
        assert (stream[-2]["percentage"], stream[-2]["message"]) == (100, "2 of 2 texts")
        assert stream[-1]["result"] == {"words": 3}
        assert answer["data"] == {"word": "longer"}

        rows = {row["fields"]["request_id"]: row["fields"] for row in json.loads(home.run(commands_with("dumpdata")))}
    assert sorted(row["words"] for row in rows.values()) == [3, 6000]
    assert (rows[request_id]["tenant_id"], rows[request_id]["user_id"]) == ("acme", "alice")
    assert not re.search("Traceback", "".join(log.read_text() for log in (home.folder / "var/logs").glob("*.log")))
