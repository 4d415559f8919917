"""The arrays and objects of a JSON text: their number and their depth, found without decoding it.

Counting and replacing are single calls in C. A text that would take the decoder long is so refused in a millisecond.
"""

from typing import Final

_CLOSING: Final = bytes.maketrans(b"{}", b"[]")
_BRACKETS: Final = b"[]{}"
_OTHERS: Final = bytes(set(range(256)) - set(_BRACKETS))


def count_containers(text: str, *, most: int) -> int:
    """Count arrays and objects. The number is exact above ``most``; up to there it may include brackets in strings."""
    rough = text.count("[") + text.count("{")
    return rough if rough <= most else _brackets(text).count(b"[")


def is_deeper(text: str, levels: int) -> bool:
    """Return True if arrays and objects of a valid JSON text are nested deeper than ``levels``."""
    if text.count("[") + text.count("{") <= levels:
        return False
    brackets = _brackets(text)
    for _ in range(levels):
        inner = brackets.replace(b"[]", b"")
        if len(inner) == len(brackets):
            break
        brackets = inner
    return bool(brackets)


def _brackets(text: str) -> bytes:
    """Return the brackets outside strings, all of them square."""
    data = text.encode("utf-8", "replace")
    if b"\\" in data:
        # First the escaped backslashes: what then is left of an escape before a quote belongs to the quote.
        data = data.replace(rb"\\", b"").replace(rb"\"", b"")
    outside = b"".join(data.split(b'"')[::2])
    return outside.translate(_CLOSING, _OTHERS)
