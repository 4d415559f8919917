"""Define the style of a PDF report: colours, sizes, text styles and number formats."""

from decimal import Decimal

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm

from jobs.handlers.generate_report.pdf.fonts import BOLD, REGULAR
from jobs.handlers.generate_report.wording import write_amount

INK, MUTED, RULE, PALE = HexColor("#1B2433"), HexColor("#4A5568"), HexColor("#E3E7EE"), HexColor("#F5F7FB")
ACCENT, ACCENT_PALE = HexColor("#2457C5"), HexColor("#E9EFFC")
ACCENT_LIGHT = HexColor("#7C9BE3")
GAIN, LOSS = HexColor("#14733B"), HexColor("#B3261E")

PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN = 18 * mm
CONTENT_WIDTH = PAGE_WIDTH - 2 * MARGIN

TITLE = ParagraphStyle("title", fontName=BOLD, fontSize=24, leading=29, textColor=INK, spaceAfter=2)
SUBTITLE = ParagraphStyle("subtitle", fontName=REGULAR, fontSize=12.5, leading=17, textColor=ACCENT, spaceAfter=10)
HEADING = ParagraphStyle(
    "heading", fontName=BOLD, fontSize=13, leading=17, textColor=INK, spaceBefore=16, spaceAfter=6, alignment=TA_LEFT
)
BODY = ParagraphStyle("body", fontName=REGULAR, fontSize=9.5, leading=13.5, textColor=INK)
LEAD = ParagraphStyle("lead", fontName=REGULAR, fontSize=12, leading=17, textColor=INK)
CELL = ParagraphStyle("cell", parent=BODY, leading=11.5)
CELL_BOLD = ParagraphStyle("cell-bold", parent=CELL, fontName=BOLD)
SMALL = ParagraphStyle("small", parent=BODY, fontSize=8.5, leading=12, textColor=MUTED)


def write_money(amount: Decimal) -> str:
    return write_amount(amount)


def write_count(count: int) -> str:
    return f"{count:,}"


def write_change(percent: Decimal | None) -> str:
    """Write the percentage with its sign; a dash when there is nothing to compare with."""
    if percent is None:
        return "–"
    return f"{percent:+,.1f} %".replace("-", "−")


def write_difference(amount: Decimal) -> str:
    """Write the amount with its sign."""
    return write_amount(amount, "+")


def write_share(part: Decimal, whole: Decimal) -> str:
    return f"{part / whole * 100:,.1f} %".replace("-", "−") if whole else "–"
