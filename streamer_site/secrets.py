"""Secrets of a local installation: made once, kept readable by the owner alone, never in the code."""

import os
import secrets
from pathlib import Path

REDIS_URL_FILE = "redis-url"


def local_secret(path: Path) -> str:
    """Read the secret in ``path``. On first use, exactly one of several processes that start together makes it."""
    if not path.exists():
        own = path.with_name(f"{path.name}.{os.getpid()}")
        write_private(own, secrets.token_urlsafe(48))
        try:
            os.link(own, path)
        except FileExistsError:
            pass  # another process was first, so its secret counts
        finally:
            own.unlink()
    return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, from the moment it exists."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def recorded_redis_url(data_dir: Path) -> str:
    """Return the URL of the local stack's embedded server, or an empty text when none was started here."""
    try:
        return (data_dir / REDIS_URL_FILE).read_text().strip()
    except FileNotFoundError:
        return ""
