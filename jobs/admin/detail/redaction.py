"""JSON of clients without what would let somebody else in: pages and screenshots of the admin are passed around."""

import re
from typing import Any

HIDDEN = "•••"
_SECRET_NAME = re.compile(
    r"(.*[_-])?(token|access|refresh|authorization|cookie|password|passwd|passphrase|secret|credentials?"
    r"|(api|access|private|secret|signing)[_-]?key)",
    re.IGNORECASE,
)
# A JSON Web Token, or its beginning alone. Each pattern here reads a text once, however it is made: what it has read in
# vain is not read again from a later letter.
_WEB_TOKEN = re.compile(r"\beyJ[\w-]+(\.[\w-]+\.[\w-]*)?")
_SECRET_TEXTS = (
    # Tokens of one request.
    (re.compile(r"\brt_[\w.:-]{16,}"), HIDDEN),
    # Parts of URLs.
    (re.compile(r"([?&](?:token|signature|authorization|x-amz-\w+)=)[^&#\s\"]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"(://[^\s:/@]*):[^\s/@]+@"), rf"\1:{HIDDEN}@"),
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
    text = _WEB_TOKEN.sub(lambda found: HIDDEN if found[1] else found[0], text)
    for pattern, instead in _SECRET_TEXTS:
        text = pattern.sub(instead, text)
    return text
