"""Cut texts to Excel's limits. Excel counts UTF-16 code units, in which an emoji is two."""

from typing import Any

MAX_CELL_UNITS = 32_767
"""Excel's limit for one cell."""
MAX_SHEET_NAME_UNITS = 31
MAX_PROPERTY_UNITS = 255


def clip(text: str, units: int) -> str:
    """Return the beginning of ``text``, of at most ``units`` UTF-16 code units. No character is cut in two."""
    if 2 * len(text) <= units:
        return text
    # Each unit is two bytes. Half a pair at the end cannot be decoded and is left out.
    return text.encode("utf-16-le", "replace")[: 2 * units].decode("utf-16-le", "ignore")


def clip_words(text: str, units: int) -> str:
    """Return the beginning of ``text`` as ``clip`` does, but end it with a whole word where that keeps half of it."""
    cut = clip(text, units)
    if cut == text or not text[len(cut)].isalnum():
        return cut.rstrip()
    end = max(cut.rfind(mark) for mark in " ._-")
    return cut[:end].rstrip() if end >= len(cut) / 2 else cut


def write_text(sheet: Any, row: int, column: int, text: str, style: Any = None) -> None:
    """Write a text that fits, since xlsxwriter leaves a longer one out and Excel calls the file damaged."""
    sheet.write_string(row, column, clip(text, MAX_CELL_UNITS), style)
