"""Recognises Chinese, Japanese and Korean texts in the encodings that were usual before UTF-8.

Nearly every text can be decoded in each of them, a Western one too. What tells them apart: decoded in its own
encoding, a text has common characters nearly alone, and they stand beside each other. Each standard lists the common
characters of its language first.
"""

import codecs
from collections.abc import Callable
from dataclasses import dataclass

_MIN_CHARACTERS = 4
_COMMON, _TOGETHER = 0.9, 0.7
"""The least shares of common characters, and of those with another one beside them."""
_MANY_SYLLABLES, _NEARLY_ALL = 8, 0.95
"""The number of Hangul syllables from which on no Chinese text has the same bytes by chance."""
_SOME = 0.05
"""The share of kana, which no Chinese text has."""


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    codec: str
    standard: str
    """The codec in which the first byte of a character says how common it is."""
    firsts: tuple[range, ...]
    """The first bytes of punctuation, of syllables and of common characters."""

    def is_common(self, character: str) -> bool:
        try:
            encoded = character.encode(self.standard)
        except UnicodeEncodeError:
            return False
        return len(encoded) == 2 and any(encoded[0] in first for first in self.firsts)


_SYMBOLS = range(0xA1, 0xAA)
_CANDIDATES = (
    _Candidate(codec="cp932", standard="euc_jp", firsts=(_SYMBOLS, range(0xB0, 0xD0))),
    _Candidate(codec="euc_jp", standard="euc_jp", firsts=(_SYMBOLS, range(0xB0, 0xD0))),
    _Candidate(codec="gb18030", standard="gb2312", firsts=(_SYMBOLS, range(0xB0, 0xD8))),
    _Candidate(codec="big5", standard="big5", firsts=(range(0xA1, 0xC7),)),
    _Candidate(codec="cp949", standard="euc_kr", firsts=(_SYMBOLS, range(0xB0, 0xC9))),
)


def asian_encoding(sample: bytes) -> str | None:
    """Return the codec of a text that is not UTF-8, from its beginning; None if it is no such text for sure."""
    texts = {one.codec: text for one in _CANDIDATES if (text := _decoded(sample, one)) is not None}
    # Three standards give the same bytes to characters of three languages, so what is surest is tried first.
    korean, japanese = texts.pop("cp949", ""), texts.pop("euc_jp", "")
    if sum(map(_is_hangul, korean)) >= _MANY_SYLLABLES and _share(korean, _is_hangul) >= _NEARLY_ALL:
        return "cp949"
    if japanese and _share(japanese, _is_kana) >= _SOME:
        return "euc_jp"
    return next(iter(texts), None)


def _decoded(sample: bytes, candidate: _Candidate) -> str | None:
    """Decode the sample; None if it cannot be decoded, or has too many characters that are rare, or stand alone."""
    try:
        # Its end may cut a character in two.
        text = codecs.getincrementaldecoder(candidate.codec)().decode(sample)
    except UnicodeDecodeError:
        return None
    places = [at for at, character in enumerate(text) if ord(character) > 0x7F]
    if len(places) < _MIN_CHARACTERS or _share(text, candidate.is_common) < _COMMON:
        return None
    known = set(places)
    together = sum(at - 1 in known or at + 1 in known for at in places)
    return text if together >= _TOGETHER * len(places) else None


def _share(text: str, is_one: Callable[[str], bool]) -> float:
    """Return the share of the characters beyond ASCII for which ``is_one`` holds."""
    letters = [character for character in text if ord(character) > 0x7F]
    return sum(map(is_one, letters)) / len(letters)


def _is_hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3"


def _is_kana(character: str) -> bool:
    return "\u3041" <= character <= "\u30ff"
