"""JSON of clients without what would let somebody else in: pages and screenshots of the admin are passed around."""

import re
from typing import Any

HIDDEN = "•••"
_SECRET_NAME = re.compile(
    r"(.*[_-])?(token|access|refresh|authorization|cookie|password|passwd|passphrase|secret|credentials?"
    r"|(api|access|private|secret|signing)[_-]?key)",
    re.IGNORECASE,
)
_SECRET_TEXTS = (
    # JSON Web Tokens, and tokens of one request.
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), HIDDEN),
    (re.compile(r"\brt_[\w.:-]{16,}"), HIDDEN),
    # Parts of URLs.
    (re.compile(r"([?&](?:token|signature|authorization|x-amz-\w+)=)[^&#\s\"]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s/@]+@", re.IGNORECASE), rf"\1:{HIDDEN}@"),
)


def without_secrets(value: Any, *, is_secret: bool = False) -> Any:
    """Return the JSON value with ``HIDDEN`` for texts and numbers that are called secret, and for tokens in texts."""
    if isinstance(value, dict):
        return {
            name: without_secrets(one, is_secret=is_secret or _SECRET_NAME.fullmatch(str(name)) is not None)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(one, is_secret=is_secret) for one in value]
    if isinstance(value, str):
        return HIDDEN if is_secret and value else _clean(value)
    return HIDDEN if is_secret and value is not None and not isinstance(value, bool) else value


def _clean(text: str) -> str:
    for pattern, instead in _SECRET_TEXTS:
        text = pattern.sub(instead, text)
    return text
