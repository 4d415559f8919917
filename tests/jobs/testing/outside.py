"""A project outside of this one, with jobs and nothing else of it: pytest is run over some files, without Redis."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = """\
from tests.alone.settings import *

STREAMER_HANDLERS = ["shop.handlers"]
"""
SQLITE_IN_FILE = """\
DATABASES["default"]["TEST"] = {"NAME": str(BASE_DIR / "test.sqlite3")}
"""


def run_pytest(
    folder: Path, files: Mapping[str, str], *options: str, settings: str = SETTINGS + SQLITE_IN_FILE
) -> subprocess.CompletedProcess[str]:
    """Write the files (path → text) into ``folder`` and run the tests in them."""
    own = {"pytest.ini": "[pytest]\nfilterwarnings = error\n", "outside_settings.py": settings}
    own |= {"shop/__init__.py": "", "shop/handlers/__init__.py": ""}
    files = {**own, **files}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STREAMER_", "PYTEST_"))}
    environment = {
        **kept,
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_SETTINGS_MODULE": "outside_settings",
        "ALONE_DIR": str(folder),
        "ALONE_REDIS_URL": "redis://127.0.0.1:1/0",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", *options]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100)
