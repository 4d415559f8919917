"""The README of the Python client, and the guides: each example is run with the wheel, against a real service."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from streamer_site.local.stack import PROJECT_DIR
from tests.live import LiveStack

_CLIENT = PROJECT_DIR / "clients/python"
_BLOCK = re.compile(r"^```(python|bash)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_BLOCKS = _BLOCK.findall((_CLIENT / "README.md").read_text())
_FILE = re.compile(r"Save this as\s+`([^`]+)`:\n\n```python\n(.*?)```", re.DOTALL)
_PROGRAMS = [text for language, text in _BLOCKS if language == "python"]
# The first two install the client, and name the service.
_COMMANDS = [text for language, text in _BLOCKS if language == "bash" and text.startswith("streamer")]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it into a folder of its own. What it needs is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, _CLIENT)
    [wheel] = folder.glob("*.whl")
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--target", folder / "site")
    call(sys.executable, "-m", "pip", "install", *options, wheel)
    return folder / "site"


def call(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def environment(installed: Path, live_stack: LiveStack, alice: str) -> dict[str, str]:
    """Return what a reader has: the client, its command, an address and a token."""
    return {
        "PATH": f"{installed / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(installed),
        "NO_PROXY": "*",
        "STREAMER_URL": live_stack.http_url,
        "STREAMER_TOKEN": live_stack.token(alice),
    }


def run(environment: dict[str, str], folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_there_are_examples() -> None:
    assert len(_PROGRAMS) >= 7 and len(_COMMANDS) == 2


def test_the_programs_run(environment: dict[str, str], tmp_path: Path) -> None:
    # They wait more than they work.
    with ThreadPoolExecutor() as threads:
        said = list(threads.map(lambda program: run(environment, tmp_path, sys.executable, "-c", program), _PROGRAMS))
    assert "90 %" in said[0] and "'steps': 10" in said[0]
    assert "cooperative" in said[2] and "cancelled" in said[2]
    assert said[3].endswith(" {'price': 2311.5}\n")
    assert said[-1] == "seconds\n"


def test_the_commands_run(environment: dict[str, str], tmp_path: Path) -> None:
    said = [run(environment, tmp_path, "bash", "-euc", commands) for commands in _COMMANDS]
    assert '"steps": 10' in said[0] and '"status": "completed"' in said[0]
    compile((tmp_path / "actions.py").read_text(), "actions.py", "exec")
    assert "generate_report: {" in (tmp_path / "actions.ts").read_text()


@pytest.mark.parametrize(
    ("page", "path", "last_line"),
    [("follow-from-python.md", "", "report.csv"), ("write-a-client.md", "/ws/", "/api/artifacts/")],
)
def test_the_programs_of_the_guides_run(
    page: str, path: str, last_line: str, environment: dict[str, str], tmp_path: Path
) -> None:
    [(name, program)] = _FILE.findall((PROJECT_DIR / "docs/how-to" / page).read_text())
    (tmp_path / name).write_text(program)
    url = environment["STREAMER_URL"].replace("http://", "ws://") + path if path else environment["STREAMER_URL"]
    said = run({**environment, "STREAMER_URL": url}, tmp_path, sys.executable, name)
    assert said.splitlines()[-1].startswith(last_line)
