"""A project of somebody's own: Django's admin, RQ and jobs. Nothing of the socket side, no STREAMER_ setting at all."""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

FOREIGN = {"realtime", "streamer_site"}


class _Refuse(MetaPathFinder):
    """Makes every import of the other apps fail, in forked children too, and in a way that nobody catches."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] in FOREIGN:
            raise RuntimeError(f"{fullname} was imported")
        return None


sys.meta_path.insert(0, _Refuse())

BASE_DIR = Path(os.environ["ALONE_DIR"])
SECRET_KEY = "of a test, and long enough for what it signs"
ALLOWED_HOSTS = ["testserver"]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_rq",
    "jobs",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "tests.alone.urls"
STATIC_URL = "static/"
MEDIA_ROOT = BASE_DIR / "files"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "own.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL;"},
    }
}
# The last one is for jobs of the project's own.
RQ_QUEUES = {name: {"URL": os.environ["ALONE_REDIS_URL"]} for name in ("default", "reports", "ml", "bulk", "mail")}
