"""Handlers and apps named in the environment, as commands and servers see them: each test runs a real process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamer_site.local.stack import PROJECT_DIR

SHOW = (
    "import sys; from django.conf import settings; from jobs.contract.registry import all_handlers; "
    "print(sorted(set(all_handlers()) & {'shop_one', 'old_one', 'echo', 'delay', 'bulk_share'})); "
    "print([app for app in settings.INSTALLED_APPS if app.startswith('shop')]); "
    "print([name for name in ('sklearn', 'matplotlib', 'reportlab', 'xlsxwriter', 'daphne') if name in sys.modules])"
)
HANDLER = """
from jobs.handler import Handler, NoPayload
class One(Handler[NoPayload]):
    action = "{action}"
    queue = "{queue}"
    def run(self, payload, context):
        return {{}}
"""
WITH_MODEL = "from shop.models import Word\n" + HANDLER


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with one package of somebody else's, whose handler uses a model, and one broken module."""
    for name, text in {
        "shop/__init__.py": "",
        "shop/models.py": "from django.db import models\nclass Word(models.Model):\n    text = models.TextField()\n",
        "shop/handlers/__init__.py": "",
        "shop/handlers/one.py": WITH_MODEL.format(action="shop_one", queue="default"),
        "old/__init__.py": HANDLER.format(action="old_one", queue="default"),
        "broken.py": "import no_such_library\n",
        "queueless.py": HANDLER.format(action="queue_one", queue="defualt"),
    }.items():
        path = tmp_path / "outside" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "outside"


def python(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the project, with ``folder`` on the path and nothing of Streamer's set but ``env``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STREAMER_")}
    ours = {
        "DJANGO_SETTINGS_MODULE": "streamer_site.settings",
        "STREAMER_DATA_DIR": str(folder.parent / "data"),
        "PYTHONPATH": str(folder),
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT_DIR,
        env={**kept, **ours, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def shell(folder: Path, **env: str) -> list[str]:
    done = python(folder, "manage.py", "shell", "--verbosity", "0", "-c", SHOW, **env)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_it_works(shop: Path) -> None:
    handlers, apps, heavy = shell(
        shop,
        STREAMER_HANDLERS="shop.handlers, shop",
        STREAMER_HANDLER_PACKAGES="jobs.handlers,old",
        STREAMER_APPS="shop, shop",
        STREAMER_BUILTIN_HANDLERS="-delay",
    )
    assert handlers == "['bulk_share', 'echo', 'old_one', 'shop_one']"
    assert apps == "['shop']"
    # Finding the handlers must not make every web process import what only their runs need.
    assert heavy == "[]"


def test_without_built_in_handlers(shop: Path) -> None:
    assert shell(shop, STREAMER_HANDLERS="old", STREAMER_BUILTIN_HANDLERS="none")[0] == "['bulk_share', 'old_one']"


def test_check_tells_every_mistake_at_once_and_shows_no_traceback(shop: Path) -> None:
    done = python(
        shop,
        *("manage.py", "check"),
        STREAMER_HANDLERS="shop,broken,queueless,no_such",
        STREAMER_BUILTIN_HANDLERS="-dely",
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for expected in (
        "STREAMER_HANDLERS names 'no_such', which does not exist.",
        "broken cannot be imported: ModuleNotFoundError: No module named 'no_such_library'",
        "outside/broken.py, line 1). Install the package that has 'no_such_library'",
        "shop.models cannot be imported: RuntimeError: Model class shop.models.Word",
        "Name the Django app of its models in STREAMER_APPS.",
        "outside/queueless.py, line 3) wants the queue 'defualt', which does not exist. Did you mean 'default'?",
        "Did you mean -delay? (streamer.handlers.E007)",
    ):
        assert expected in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "streamer_worker", "--skip-checks"],
        ["manage.py", "streamer_sweep"],
        ["manage.py", "streamer_up"],
        ["-c", "import streamer_site.asgi"],
    ],
    ids=" ".join,
)
def test_no_process_starts_with_a_broken_handler(command: list[str], shop: Path) -> None:
    done = python(shop, *command, STREAMER_HANDLERS="broken", STREAMER_PRELOAD="false")
    assert done.returncode == 2
    first, last = done.stderr.splitlines()
    assert first.startswith("broken cannot be imported: ModuleNotFoundError") and "does not start" in last


def test_the_hint_for_a_traceback_is_true(shop: Path) -> None:
    (shop / "raising.py").write_text("def fail():\n    raise ValueError('why')\nfail()\n")
    told = python(shop, "manage.py", "check", STREAMER_HANDLERS="raising").stderr
    assert "manage.py shell -c 'import raising'" in told
    shown = python(shop, "manage.py", "shell", "-c", "import raising", STREAMER_HANDLERS="raising")
    assert shown.returncode == 1 and "Traceback" in shown.stderr and "line 2, in fail" in shown.stderr
