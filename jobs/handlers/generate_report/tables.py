"""The tables of a PDF: key figures as tiles, and tallies with a header that repeats on every page."""

from collections.abc import Sequence

from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from jobs.handlers.generate_report.figures import Breakdown, Figures, Tally, change_percent
from jobs.handlers.generate_report.fonts import BOLD, REGULAR, cut_text, markup, shorten, text_width
from jobs.handlers.generate_report.style import (
    ACCENT,
    ACCENT_PALE,
    CELL,
    CELL_BOLD,
    CONTENT_WIDTH,
    GAIN,
    INK,
    LOSS,
    MUTED,
    PALE,
    RULE,
    write_change,
    write_count,
    write_money,
    write_share,
)

_MOST_CHARACTERS = 160
_NUMBERS_WIDTH = (28 * mm, 36 * mm, 32 * mm, 26 * mm)
_TILE_GAP = 3 * mm


def tiles(contents: Sequence[tuple[str, str]]) -> Table:
    """Label and value side by side, each in a box."""
    width = (CONTENT_WIDTH - _TILE_GAP * (len(contents) - 1)) / len(contents)
    cells: list[Flowable | str] = []
    for number, (label, value) in enumerate(contents):
        cells += [""] if number else []
        cells.append(_tile(label, value, width))
    widths = [width if column % 2 == 0 else _TILE_GAP for column in range(len(cells))]
    return Table(
        [cells], colWidths=widths, style=[("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)]
    )


def period_table(figures: Figures) -> Table:
    rows, changes = [], []
    before: Tally | None = None
    for period, tally in figures.periods:
        change = change_percent(before, tally)
        changes.append(change)
        rows.append([period.label + ("*" if period.is_partial else ""), *_numbers(tally), write_change(change)])
        before = tally
    style = [
        ("TEXTCOLOR", (-1, number), (-1, number), GAIN if change > 0 else LOSS)
        for number, change in enumerate(changes, start=1)
        if change
    ]
    total = ["Total", *_numbers(figures.whole), ""]
    return _tally_table(["Period", "Records", "Total value", "Average value", "Change"], rows, total, style)


def breakdown_table(name: str, breakdown: Breakdown, whole: Tally) -> Table:
    rows = [
        [label, *_numbers(tally), write_share(tally.exact_total, whole.exact_total)]
        for label, tally in breakdown.rows()
    ]
    total = ["Total", *_numbers(whole), write_share(whole.exact_total, whole.exact_total)]
    return _tally_table([name, "Records", "Total value", "Average value", "Share"], rows, total, [])


def _numbers(tally: Tally) -> list[str]:
    return [write_count(tally.records), write_money(tally.total), write_money(tally.average)]


def _tally_table(
    header: list[str], rows: list[list[str]], total: list[str], style: Sequence[tuple[object, ...]]
) -> Table:
    body = [[Paragraph(markup(shorten(row[0], _MOST_CHARACTERS)), CELL), *row[1:]] for row in rows]
    closing = [Paragraph(markup(total[0], BOLD), CELL_BOLD), *total[1:]]
    table = Table(
        [header, *body, closing], colWidths=[CONTENT_WIDTH - sum(_NUMBERS_WIDTH), *_NUMBERS_WIDTH], repeatRows=1
    )
    table.setStyle(TableStyle([*_LOOK, *style]))
    return table


_LOOK = [
    ("FONT", (0, 0), (-1, -1), REGULAR, 9, CELL.leading),
    ("TEXTCOLOR", (0, 0), (-1, -1), INK),
    ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("TOPPADDING", (0, 0), (-1, -1), 4),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4.5),
    ("FONT", (0, 0), (-1, 0), BOLD, 8),
    ("TEXTCOLOR", (0, 0), (-1, 0), MUTED),
    ("LINEBELOW", (0, 0), (-1, 0), 1, ACCENT),
    ("LINEBELOW", (0, 1), (-1, -2), 0.5, RULE),
    ("FONT", (0, -1), (-1, -1), BOLD, 9, CELL.leading),
    ("BACKGROUND", (0, -1), (-1, -1), PALE),
]


def _tile(label: str, value: str, width: float) -> Table:
    room = width - 20
    size = min(16.0, 16.0 * room / max(1.0, text_width(value, 16, BOLD)))
    size = max(size, 10.0)
    shown = cut_text(value, room, size, BOLD)
    style = ParagraphStyle("tile", fontName=BOLD, fontSize=size, leading=20, textColor=INK)
    small = ParagraphStyle("tile-label", fontName=REGULAR, fontSize=8, leading=11, textColor=MUTED)
    rows = [[Paragraph(markup(label), small)], [Paragraph(markup(shown, BOLD), style)]]
    look = [
        ("BACKGROUND", (0, 0), (-1, -1), ACCENT_PALE),
        ("LINEABOVE", (0, 0), (-1, 0), 2, ACCENT),
        ("LEFTPADDING", (0, 0), (-1, -1), 10),
        ("RIGHTPADDING", (0, 0), (-1, -1), 8),
        ("TOPPADDING", (0, 0), (-1, 0), 8),
        ("BOTTOMPADDING", (0, 0), (-1, 0), 0),
        ("TOPPADDING", (0, 1), (-1, 1), 1),
        ("BOTTOMPADDING", (0, 1), (-1, 1), 9),
    ]
    return Table(rows, colWidths=[width], style=look)
