"""Define the style of charts, and write numbers for people."""

import logging
from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl

INK, MUTED, RULE = "#1B2433", "#4A5568", "#E3E7EE"
ACCENT, ACCENT_PALE = "#2457C5", "#E9EFFC"
LOSS = "#B3261E"
SERIES = ("#2457C5", "#E07A1F", "#14733B", "#8E44AD", "#B3261E", "#0E8A8A", "#B08900", "#5B6B7F", "#D1478C", "#3F3F9E")
_SETTINGS: Any = {
    "font.size": 9,
    "text.color": INK,
    "text.parse_math": False,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9,
    "axes.edgecolor": RULE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "legend.fontsize": 9,
    "legend.frameon": False,
}


def chart_settings() -> AbstractContextManager[None]:
    """Return matplotlib's settings, for a ``with`` block around all drawing."""
    logging.getLogger("matplotlib").setLevel(logging.WARNING)  # it logs every font it looks for
    return mpl.rc_context(_SETTINGS)


def shorten(text: object, limit: int) -> str:
    """Put on one line and cut to ``limit`` characters, with an ellipsis where anything was cut."""
    letters = " ".join(str(text).split())
    return letters if len(letters) <= limit else letters[: limit - 1].rstrip() + "…"


def shorten_inside(text: str, limit: int) -> str:
    """Cut to ``limit`` characters in the middle, because names often differ at their ends."""
    if len(text) <= limit:
        return text
    end = limit // 2
    return f"{text[: limit - end - 1].rstrip()}…{text[-end:].lstrip()}"


def format_number(value: object, digits: int = 3) -> str:
    """Write a number for people; a dash if there is none."""
    if value is None or isinstance(value, str | dict):
        return "–"
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    size = abs(float(str(value)))
    text = f"{float(str(value)):,.{digits}f}" if size < 1_000 else f"{float(str(value)):,.0f}"
    if size >= 1e9 or 0 < size < 0.5 * 10**-digits:
        text = f"{float(str(value)):.3g}"
    return text.replace("-", "−")


def format_short(value: float) -> str:
    """Write a value of the data with about three digits: ``0.013``, ``54.7``, ``12,300``."""
    size = abs(value)
    if size >= 1e9 or 0 < size < 1e-4:
        text = f"{value:.3g}"
    else:
        text = f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 4}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", "−")


def format_share(share: float) -> str:
    """Write a share in percent. What is not quite nothing, or not quite all, does not read 0 % or 100 %."""
    if 0 < share < 0.01:
        return "less than 1 %"
    if 0.99 < share < 1:
        return "more than 99 %"
    return f"{share * 100:.0f} %".replace("-", "−")
