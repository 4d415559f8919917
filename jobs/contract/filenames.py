"""Make names of files that say what the files are, and that every system takes."""

import re
import unicodedata

_NO_WORD = re.compile(r"[^\w.]+|_+|(?<!\d)\.|\.(?!\d)")
_MAX_PART_BYTES, _MAX_BYTES = 80, 160


def name_file(*parts: object, ending: str) -> str:
    """Join the words of ``parts`` with hyphens, as in ``churn-classification-report.pdf``.

    Letters and digits of every script stay, in lower case. All else becomes a hyphen. ``ending`` has no dot. Each part
    is cut to 80 bytes and the name to 160, so that the ending is never lost.
    """
    words = [clean for part in parts if (clean := _clean(str(part)))]
    stem = _cut("-".join(words), _MAX_BYTES - len(ending) - 1) or "file"
    return f"{stem}.{ending}"


def _clean(text: str) -> str:
    return _cut(_NO_WORD.sub("-", unicodedata.normalize("NFC", text).lower()).strip("-."), _MAX_PART_BYTES)


def _cut(text: str, size_bytes: int) -> str:
    encoded = text.encode("utf-8", "ignore")
    return encoded[:size_bytes].decode("utf-8", "ignore").rstrip("-.")
