"""The link to the load generator: one process of its own for each load."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.systems.folders import BENCHMARKS, PROJECT
from benchmarks.systems.install import install_python


class LoadFailed(Exception):
    """The load generator ended without a result."""


def install_load() -> Path:
    """Install the load generator unless it is there. Return its Python."""
    return install_python("load", BENCHMARKS / "load" / "requirements.lock") / "python"


def run_load(spec: Mapping[str, Any], *, before: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Do the load that ``spec`` describes. ``before`` is called when it is prepared, right before it begins."""
    command = [str(install_load()), "-m", "benchmarks.load"]
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        with subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            try:
                assert process.stdin and process.stdout
                # Not in the command line, which everybody on the machine can read: there are tokens in it.
                process.stdin.write(f"{json.dumps({**spec, 'result': str(result)})}\n")
                process.stdin.flush()
                if process.stdout.readline().strip() == "ready":
                    before()
                    process.stdin.write("go\n")
                    process.stdin.flush()
                process.wait()
            finally:
                process.kill()
        if not result.exists():
            raise LoadFailed(f"The load generator ended without a result (status {process.returncode})")
        return dict(json.loads(result.read_text()))
