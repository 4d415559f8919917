"""Find the scripts and style sheets of the pages: bundled, or one by one from their sources."""

import json
import re
from functools import cache
from pathlib import Path
from wsgiref.headers import Headers

from django.conf import settings
from django.templatetags.static import static

_FOLDER = "streamer"
_BUILT = f"{_FOLDER}/built"
_MANIFEST = Path(__file__).parent / "static" / _BUILT / "manifest.json"
_HASHED = re.compile(rf"/{_BUILT}/[\w-]+-[A-Z0-9]{{8}}\.(js|css)")
_FOR_EVER = "max-age=31536000, public, immutable"


def page_file_url(source: str) -> str:
    """Return the URL of what a page loads for ``source``, a path below ``static/streamer/``.

    With ``STREAMER_UNBUNDLED_PAGES`` that is the source itself, so that each edit is seen at once.
    """
    if getattr(settings, "STREAMER_UNBUNDLED_PAGES", settings.DEBUG):
        return static(f"{_FOLDER}/{source}")
    return static(f"{_BUILT}/{_built_files()[source]}")


def keep_hashed_files(headers: Headers, path: str, url: str) -> None:
    """Tell browsers never to ask again for a file whose name changes with its content. ServeStatic calls it."""
    if _HASHED.search(url):
        headers["Cache-Control"] = _FOR_EVER


@cache
def _built_files() -> dict[str, str]:
    files: dict[str, str] = json.loads(_MANIFEST.read_text())
    return files
