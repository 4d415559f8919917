"""The wheel, in an environment that has it and its two dependencies and nothing else."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


def _call(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, cwd=cwd, timeout=90)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it into a clean environment; the folder of its commands."""
    folder = tmp_path_factory.mktemp("build")
    # What builds it is installed here, so that no index is asked for it.
    built = _call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "dist", PROJECT)
    if "No module named build" in built.stderr:
        pytest.skip("build is not installed")
    assert built.returncode == 0, built.stdout + built.stderr
    [wheel] = (folder / "dist").glob("*.whl")
    venv.create(folder / "venv")
    commands = folder / "venv" / "bin"
    # The pip of here: to install one there would take longer than all the rest.
    pip = (sys.executable, "-m", "pip", "--python", commands / "python", "--quiet", "--disable-pip-version-check")
    installed = _call(*pip, "install", wheel)
    if installed.returncode != 0 and "No matching distribution" in installed.stderr + installed.stdout:
        pytest.skip(f"no package index is reachable: {installed.stderr.strip().splitlines()[-1]}")
    assert installed.returncode == 0, installed.stderr
    return commands


def test_it_imports_with_its_types(clean: Path, tmp_path: Path) -> None:
    code = (
        "import streamer_client, sys, pathlib; from importlib.metadata import requires;"
        "assert (pathlib.Path(streamer_client.__file__).parent / 'py.typed').exists();"
        "print(*[one for one in requires('streamer-client') if 'extra' not in one])"
    )
    done = _call(clean / "python", "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(one.split(">")[0] for one in done.stdout.split()) == ["httpx", "websockets"]


@pytest.mark.parametrize("command", [("streamer",), ("python", "-m", "streamer_client")])
def test_the_command_is_there(clean: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    done = _call(clean / command[0], *command[1:], "--help", cwd=tmp_path)
    assert done.returncode == 0 and "exit codes" in done.stdout, done.stderr


def test_without_rich_it_works_too(clean: Path, tmp_path: Path) -> None:
    done = _call(clean / "python", "-c", "import rich", cwd=tmp_path)
    assert done.returncode != 0
