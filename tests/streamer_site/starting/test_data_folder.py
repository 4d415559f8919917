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


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")]}


STORE_A_FILE = (
    "import django; django.setup(); from django.core.files.base import ContentFile; "
    "from django.core.files.storage import default_storage as storage; storage.save('a/b/c.txt', ContentFile('x')); "
)


def test_all_of_it_is_for_the_own_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    migrated = run("manage.py", "migrate", "--verbosity", "0", STREAMER_DATA_DIR=str(folder))
    assert migrated.returncode == 0, migrated.stderr
    assert run("-c", STORE_A_FILE + WRITE_A_ROW, STREAMER_DATA_DIR=str(folder)).returncode == 0
    assert (folder / "files/a/b/c.txt").is_file()
    assert modes(folder) == {0o700, 0o600}


def test_a_group_may_share_it_where_that_is_set(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    run("-c", STORE_A_FILE, STREAMER_DATA_DIR=str(folder), STREAMER_UMASK="007")
    assert (folder / "files/a/b").stat().st_mode & 0o777 == 0o770
    assert (folder / "files/a/b/c.txt").stat().st_mode & 0o777 == 0o660


def test_a_given_url_is_read_as_one(tmp_path: Path) -> None:
    show = "from django.conf import settings; print(settings.DATABASES['default']['NAME'])"
    url = f"sqlite:///{tmp_path}/with%20space.sqlite3"
    shown = run("-c", show, STREAMER_DATA_DIR=str(tmp_path), DATABASE_URL=url)
    assert shown.stdout.strip() == f"{tmp_path}/with space.sqlite3", shown.stderr


def test_an_empty_url_is_refused(tmp_path: Path) -> None:
    shown = run(
        "-c", "from django.conf import settings; settings.DEBUG", STREAMER_DATA_DIR=str(tmp_path), DATABASE_URL=""
    )
    assert shown.returncode == 2 and shown.stderr.startswith("DATABASE_URL is empty.")
