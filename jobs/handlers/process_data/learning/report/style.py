"""Define the style of the page: colours, sizes, and the treatment of users' texts."""

import logging
from functools import cache
from importlib.resources import files
from typing import Any

from fontTools import subset  # type: ignore[import-untyped]
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

INK, MUTED, RULE, PALE = "#1B2433", "#667085", "#E3E7EE", "#F5F7FB"
ACCENT, ACCENT_PALE = "#2457C5", "#E9EFFC"
GAIN, LOSS = "#14733B", "#B3261E"
SERIES = ("#2457C5", "#E07A1F", "#14733B", "#8E44AD", "#B3261E", "#0E8A8A", "#B08900", "#5B6B7F", "#D1478C", "#3F3F9E")

PAGE_INCHES = (8.27, 11.69)
_FILES = ("Roboto-Regular.ttf", "Roboto-Medium.ttf")


@cache
def settings() -> Any:
    """Return settings for ``matplotlib.rc_context``. Registers the fonts, once."""
    for noisy in ("fontTools", "matplotlib"):
        logging.getLogger(noisy).setLevel(logging.WARNING)  # they log every glyph
    # A page has fixed glyph positions, so no viewer reads these tables. Subsetting them took most of the time.
    subset.Options._drop_tables_default = sorted({*subset.Options._drop_tables_default, "GDEF", "GPOS", "GSUB"})
    folder = files("font_roboto") / "files"
    for name in _FILES:
        font_manager.fontManager.addfont(str(folder / name))
    return {
        "font.family": "Roboto",
        "font.size": 8,
        "text.color": INK,
        "text.parse_math": False,
        "axes.labelcolor": MUTED,
        "axes.labelsize": 7.5,
        "axes.edgecolor": RULE,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": False,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "grid.color": RULE,
        "grid.linewidth": 0.6,
        "legend.fontsize": 7,
        "legend.frameon": False,
        "pdf.fonttype": 42,
    }


def shorten(text: object, limit: int) -> str:
    """Cut to ``limit`` characters; a character that the font lacks becomes a question mark, never an empty box."""
    letters = "".join(letter if ord(letter) in _letters() else "?" for letter in " ".join(str(text).split()))
    return letters if len(letters) <= limit else letters[: limit - 1].rstrip() + "…"


def format_number(value: object, digits: int = 3) -> str:
    """Write a number for people; a dash if there is none."""
    if value is None or isinstance(value, str | dict):
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(float(str(value)))
    text = f"{float(str(value)):,.{digits}f}" if size < 1_000 else f"{float(str(value)):,.0f}"
    if size >= 1e9 or 0 < size < 0.5 * 10**-digits:
        text = f"{float(str(value)):.3g}"
    return text.replace("-", "−")


@cache
def _letters() -> frozenset[int]:
    return frozenset(FT2Font(str(files("font_roboto") / "files" / _FILES[0])).get_charmap())
