"""Settings of the tests: a data folder of their own, which goes when they end. Every lane of a run has one."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "STREAMER_DATA_DIR" not in os.environ:
    os.environ["STREAMER_DATA_DIR"] = tempfile.mkdtemp(prefix="streamer-tests-")
    atexit.register(shutil.rmtree, os.environ["STREAMER_DATA_DIR"], ignore_errors=True)

# A program that a test starts has its lane's folder already, with the keys in it.
if (lane := os.environ.get("PYTEST_XDIST_WORKER")) and Path(os.environ["STREAMER_DATA_DIR"]).name != lane:
    os.environ["STREAMER_DATA_DIR"] = str(Path(os.environ["STREAMER_DATA_DIR"]) / lane)

from streamer_site.settings import *  # noqa: F403
from streamer_site.settings import DATA_DIR, DATABASES, INSTALLED_APPS, STREAMER_HANDLERS

if DATABASES["default"]["ENGINE"].endswith("sqlite"):
    # Threads of ours write to it too, so it cannot live in one connection's memory.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}

STREAMER_HANDLERS = [*STREAMER_HANDLERS, "tests.handlers"]
INSTALLED_APPS = [*INSTALLED_APPS, "tests.shop"]
STREAMER_ENTITIES = {
    "customers": {"model": "shop.Customer", "fields": ["name", "email", "joined"], "tenant_field": "tenant"},
    "orders": {"model": "shop.Order", "fields": ["customer", "total"], "tenant_field": "tenant"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
