"""Register the fonts of a PDF, and replace characters that they lack.

Roboto is embedded: Latin, Greek, Cyrillic, Vietnamese. DejaVu is, where a text needs it: Hebrew, Arabic, symbols, some
emoji. Chinese, Japanese and Korean, with their punctuation, use the fonts that PDF readers have for them: embedded ones
would weigh many megabytes. A character that none of these has is shown as a question mark, never as an empty box.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily, stringWidth
from reportlab.pdfbase.ttfonts import TTFont

from jobs.handlers.generate_report.pdf.right_to_left import to_visual_order

REGULAR, BOLD = "Report", "Report-Bold"
_CHINESE, _JAPANESE, _KOREAN = "STSong-Light", "HeiseiKakuGo-W5", "HYGothic-Medium"
FONTS_OF_READERS = frozenset((_CHINESE, _JAPANESE, _KOREAN))
"""They are not embedded: a reader without them leaves their texts out."""
_CODECS = {_CHINESE: ("gbk",), _JAPANESE: ("cp932", "shift_jis"), _KOREAN: ("cp949",)}
"""Font of the readers → codecs of Python that know the characters it has in every reader."""
_FILES = {REGULAR: "Roboto-Regular.ttf", BOLD: "Roboto-Medium.ttf"}
_OTHERS = {REGULAR: ("Report-Others", "DejaVuSans.ttf"), BOLD: ("Report-Others-Bold", "DejaVuSans-Bold.ttf")}


@cache
def register_fonts() -> frozenset[int]:
    """Register the fonts with reportlab, once; return the code points that Roboto has."""
    folder = files("font_roboto") / "files"
    for name, file in _FILES.items():
        registerFont(TTFont(name, str(folder / file)))
    registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)
    for name in FONTS_OF_READERS:
        registerFont(UnicodeCIDFont(name))
    return frozenset(TTFont(REGULAR, str(folder / _FILES[REGULAR])).face.charToGlyph)


@cache
def _register_others() -> frozenset[int]:
    """Register DejaVu, which comes with matplotlib, and return its code points. Only texts that need it pay for it."""
    package = find_spec("matplotlib")
    assert package is not None and package.origin is not None
    folder = Path(package.origin).parent / "mpl-data" / "fonts" / "ttf"
    for name, file in _OTHERS.values():
        registerFont(TTFont(name, str(folder / file)))
    return frozenset(TTFont("", str(folder / _OTHERS[BOLD][1])).face.charToGlyph)


def split_by_font(text: str, font: str = REGULAR) -> Iterator[tuple[str, str]]:
    """Split a text into (font, part), so that each part can be drawn in its font. Control characters become spaces.

    The parts are in the order in which they stand from left to right.
    """
    asian = _order_of_asian_fonts(text)
    shown = [_choose(character, font, asian) for character in to_visual_order(unicodedata.normalize("NFC", text))]
    for name, part in groupby(shown, key=lambda pair: pair[0]):
        yield name, "".join(character for _, character in part)


def markup(text: str, font: str = REGULAR) -> str:
    """Return a text as the content of a reportlab paragraph."""
    return "".join(f'<font name="{name}">{escape(part)}</font>' for name, part in split_by_font(text, font))


def text_width(text: str, size: float, font: str = REGULAR) -> float:
    """Return the width in points."""
    return sum(part_width(part, name, size) for name, part in split_by_font(text, font))


def part_width(part: str, font: str, size: float) -> float:
    """Return the width in points of a part that ``split_by_font`` gave."""
    return float(stringWidth(part, font, size))


def cut_text(text: str, width: float, size: float, font: str = REGULAR) -> str:
    """Cut the text to ``width`` points, with an ellipsis at the end if anything was cut."""
    # A width that was made from the text's own may be less by a rounding.
    if text_width(text, size, font) <= width + 0.01:
        return text
    while text and text_width(text + "…", size, font) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def shorten(text: str, max_characters: int) -> str:
    return text if len(text) <= max_characters else text[: max_characters - 1].rstrip() + "…"


def _order_of_asian_fonts(text: str) -> tuple[str, ...]:
    """Order the readers' fonts by the language of the text, which share ideographs and punctuation."""
    if text.isascii():
        return ()
    if any("\u3041" <= character <= "\u30ff" or "\uff66" <= character <= "\uff9f" for character in text):
        return _JAPANESE, _CHINESE, _KOREAN
    if any("\u1100" <= character <= "\u11ff" or "\uac00" <= character <= "\ud7a3" for character in text):
        return _KOREAN, _CHINESE, _JAPANESE
    return _CHINESE, _JAPANESE, _KOREAN


def _choose(character: str, font: str, asian: tuple[str, ...]) -> tuple[str, str]:
    code = ord(character)
    if unicodedata.category(character) in ("Cc", "Zl", "Zp"):
        return font, " "
    if code in register_fonts():
        return font, character
    found = _asian_font(character, asian)
    if found and unicodedata.east_asian_width(character) in ("W", "F", "H"):
        return found, character
    if code in _register_others():
        return _OTHERS[font][0], character
    if found:
        return found, character
    # Variation selectors, joiners and the like change the look of a character and have none of their own.
    return font, "" if unicodedata.category(character) in ("Mn", "Cf") else "?"


@lru_cache(10_000)
def _asian_font(character: str, order: tuple[str, ...]) -> str | None:
    """Return the first font of the readers that has the character."""
    return next((font for font in order if any(_has(codec, character) for codec in _CODECS[font])), None)


def _has(codec: str, character: str) -> bool:
    try:
        return bool(character.encode(codec))
    except UnicodeEncodeError:
        return False
