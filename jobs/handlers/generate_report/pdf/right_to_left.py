"""Put texts of right-to-left scripts into the order and the letter forms in which they are drawn.

PDF draws characters from left to right and joins nothing. So Hebrew and Arabic are reversed here, and Arabic letters
get the form that fits their neighbours. Numbers and Latin words among them keep their order.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby

_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_RIGHT_TO_LEFT = ("R", "AL")
_NUMBERS = ("EN", "AN")
_FORMS = range(0xFE70, 0xFEFD)


def to_visual_order(text: str) -> str:
    """Return the characters in their order from left to right. A text without right-to-left letters stays as it is."""
    if text.isascii() or not any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return text
    shaped = _shape(text)
    directions = _directions(shaped)
    runs = [
        (is_reversed, "".join(character for character, _ in run))
        for is_reversed, run in groupby(zip(shaped, directions, strict=True), key=lambda pair: pair[1])
    ]
    parts = [run[::-1].translate(_MIRRORED) if is_reversed else run for is_reversed, run in runs]
    return "".join(reversed(parts) if _starts_at_right(shaped) else parts)


def _starts_at_right(text: str) -> bool:
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((kind in _RIGHT_TO_LEFT for kind in strong if kind in (*_RIGHT_TO_LEFT, "L")), False)


def _directions(text: str) -> list[bool]:
    """Say of each character if it is in a right-to-left run. What has no direction follows its neighbours."""
    kinds = [unicodedata.bidirectional(character) for character in text]
    base = _starts_at_right(text)
    before, last = [], base
    for kind in kinds:
        last = True if kind in _RIGHT_TO_LEFT else False if kind == "L" else last
        before.append(last)
    # A number itself runs from left to right. For what stands beside it, it counts as the text before it.
    known = [
        side if kind in _NUMBERS or kind == "L" or kind in _RIGHT_TO_LEFT else None
        for kind, side in zip(kinds, before, strict=True)
    ]
    after, following = [], base
    for one in reversed(known):
        following = following if one is None else one
        after.append(following)
    sides = zip(kinds, before, reversed(after), strict=True)
    return [kind not in _NUMBERS and (left if left == right else base) for kind, left, right in sides]


@cache
def _forms() -> dict[str, dict[str, str]]:
    """Return letter → (isolated, initial, medial or final) → the character of that form, from Unicode's own tables."""
    forms: dict[str, dict[str, str]] = {}
    for code in _FORMS:
        kind, *letters = unicodedata.decomposition(chr(code)).split() or [""]
        if len(letters) == 1:
            forms.setdefault(chr(int(letters[0], 16)), {})[kind.strip("<>")] = chr(code)
    return forms


def _shape(text: str) -> str:
    forms, letters = _forms(), list(_joined(text))
    shaped = []
    for number, letter in enumerate(letters):
        own = forms.get(letter)
        if own is None:
            shaped.append(letter)
            continue
        before = number > 0 and "initial" in forms.get(letters[number - 1], {})
        after = "initial" in own and number + 1 < len(letters) and "final" in forms.get(letters[number + 1], {})
        joins_before = before and "final" in own
        wanted = ("medial" if after else "final") if joins_before else ("initial" if after else "isolated")
        shaped.append(own.get(wanted, letter))
    return "".join(shaped)


def _joined(text: str) -> Iterator[str]:
    """Yield the characters without vowel marks, which would lie between letters that join."""
    for character in text:
        if not ("\u064b" <= character <= "\u0652"):
            yield character
