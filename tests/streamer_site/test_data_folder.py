"""A data folder whose name has characters that URLs, shells and patterns give a meaning."""

import os
import subprocess
import sys
from pathlib import Path

from streamer_site.local.stack import PROJECT_DIR

ODD = "a b+c%20[d]é*#$(x)=1"
WRITE_A_ROW = (
    "import django; django.setup(); from django.conf import settings; from django.contrib.auth.models import Group; "
    "Group.objects.create(name='x'); print(settings.DATABASES['default']['NAME'])"
)


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the project, with no setting but ``env``."""
    dropped = ("STREAMER_", "DATABASE_URL", "REDIS_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT_DIR,
        env={**kept, "DJANGO_SETTINGS_MODULE": "streamer_site.settings", **env},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_database_is_a_file_of_the_folder_whatever_its_name(tmp_path: Path) -> None:
    folder = tmp_path / ODD
    migrated = run("manage.py", "migrate", "--verbosity", "0", STREAMER_DATA_DIR=str(folder))
    assert migrated.returncode == 0, migrated.stderr
    written = run("-c", WRITE_A_ROW, STREAMER_DATA_DIR=str(folder))
    assert written.stdout.strip() == str(folder / "streamer.sqlite3"), written.stderr
    assert (folder / "streamer.sqlite3").is_file()


def test_a_given_url_is_read_as_one(tmp_path: Path) -> None:
    show = "from django.conf import settings; print(settings.DATABASES['default']['NAME'])"
    url = f"sqlite:///{tmp_path}/with%20space.sqlite3"
    shown = run("-c", show, STREAMER_DATA_DIR=str(tmp_path), DATABASE_URL=url)
    assert shown.stdout.strip() == f"{tmp_path}/with space.sqlite3", shown.stderr


def test_an_empty_url_is_refused(tmp_path: Path) -> None:
    shown = run(
        "-c", "from django.conf import settings; settings.DEBUG", STREAMER_DATA_DIR=str(tmp_path), DATABASE_URL=""
    )
    assert "DATABASE_URL is no URL of a database" in shown.stderr
