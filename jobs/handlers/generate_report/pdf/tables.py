"""Make the tables of a PDF: key figures as tiles, and tallies with a header that repeats on every page."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from jobs.handlers.generate_report.figures.breakdowns import Breakdown
from jobs.handlers.generate_report.figures.report import Figures, Previous
from jobs.handlers.generate_report.figures.tallies import Tally, change_percent, round_amount
from jobs.handlers.generate_report.pdf.fonts import BOLD, REGULAR, cut_text, markup, shorten, text_width
from jobs.handlers.generate_report.pdf.style import (
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
    write_difference,
    write_money,
    write_share,
)
from jobs.handlers.generate_report.periods import Period
from jobs.handlers.generate_report.wording import Words

_MAX_CHARACTERS = 160
_NUMBERS_WIDTH = (28 * mm, 36 * mm, 32 * mm, 26 * mm)
_COMPARED_WIDTH = (20 * mm, 32 * mm, 32 * mm, 32 * mm, 22 * mm)
_TILE_GAP = 3 * mm
_SIZE, _CELL_PADDING, _MIN_NAME_WIDTH = 9.0, 12.0, 28 * mm
_SMALLEST_NUMBER = 6.0
_HEADER_SIZE, _SMALLEST_SIZE = 8.5, 2.0


@dataclass(frozen=True, kw_only=True)
class Tile:
    label: str
    value: str
    short: str = ""
    """A number in place of ``value`` where that does not fit. Without it, a value that does not fit is cut."""
    below: Sequence[str] = ()
    """Up to two small lines."""


def tiles(contents: Sequence[Tile]) -> Table:
    """Put labels and values side by side, each in a box."""
    width = (CONTENT_WIDTH - _TILE_GAP * (len(contents) - 1)) / len(contents)
    cells: list[Flowable | str] = []
    for number, content in enumerate(contents):
        cells += [""] if number else []
        cells.append(_tile(content, width))
    widths = [width if column % 2 == 0 else _TILE_GAP for column in range(len(cells))]
    return Table(
        [cells], colWidths=widths, style=[("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)]
    )


def period_table(figures: Figures, words: Words, room: float) -> Table:
    """List each period with its change against the one before it."""
    rows, changes = [], []
    before: Tally | None = None
    for period, tally in figures.periods:
        change = change_percent(before, tally)
        changes.append(change)
        rows.append([_name(period), *_numbers(tally), write_change(change)])
        before = tally
    total = ["Total", *_numbers(figures.whole), ""]
    header = ["Period", "Records", words.with_unit(words.total), words.with_unit(words.average), "Change"]
    return _tally_table(header, rows, total, _coloured(changes, 1), room)


def compared_table(figures: Figures, previous: Previous, words: Words, room: float) -> Table:
    """List each period with the days it is compared with."""
    pairs = [(tally, before) for (_, tally), (_, before) in zip(figures.periods, previous.periods, strict=True)]
    pairs.append((figures.whole, previous.whole))
    changes = [change_percent(before, now) for now, before in pairs]
    numbers = [
        [
            write_count(now.records),
            write_money(now.total),
            write_money(before.total),
            write_difference(round_amount(now.exact_total - before.exact_total)),
            write_change(change),
        ]
        for (now, before), change in zip(pairs, changes, strict=True)
    ]
    names = [*(_name(period) for period, _ in figures.periods), "Total"]
    *rows, total = [[name, *row] for name, row in zip(names, numbers, strict=True)]
    header = ["Period", "Records", words.with_unit(words.total), previous.kind, "Difference", "Change"]
    return _tally_table(header, rows, total, _coloured(changes, 2), room, _COMPARED_WIDTH)


def breakdown_table(name: str, breakdown: Breakdown, whole: Tally, words: Words, room: float) -> Table:
    rows = [
        [label, *_numbers(tally), write_share(tally.exact_total, whole.exact_total)]
        for label, tally in breakdown.named()
    ]
    total = ["Total", *_numbers(whole), write_share(whole.exact_total, whole.exact_total)]
    header = [name, "Records", words.with_unit(words.total), words.with_unit(words.average), "Share"]
    return _tally_table(header, rows, total, [], room)


def _name(period: Period) -> str:
    return period.label + ("*" if period.is_partial else "")


def _coloured(changes: Sequence[Decimal | None], columns: int) -> list[tuple[object, ...]]:
    """Colour the last ``columns`` of each row by the sign of its change."""
    return [
        ("TEXTCOLOR", (-columns, number), (-1, number), GAIN if change > 0 else LOSS)
        for number, change in enumerate(changes, start=1)
        if change
    ]


def _numbers(tally: Tally) -> list[str]:
    return [write_count(tally.records), write_money(tally.total), write_money(tally.average)]


def _tally_table(
    header: list[str],
    rows: list[list[str]],
    total: list[str],
    style: Sequence[tuple[object, ...]],
    room: float,
    widths: Sequence[float] = _NUMBERS_WIDTH,
) -> Table:
    heads = [Paragraph(markup(shorten(header[0], _MAX_CHARACTERS), BOLD), _HEADER)]
    heads += [Paragraph(markup(shorten(text, _MAX_CHARACTERS), BOLD), _NUMBER_HEADER) for text in header[1:]]
    body = [[Paragraph(markup(shorten(row[0], _MAX_CHARACTERS)), CELL), *row[1:]] for row in rows]
    closing = [Paragraph(markup(total[0], BOLD), CELL_BOLD), *total[1:]]
    size, fitted = fit_numbers(header, [*rows, total], widths)
    table = Table([heads, *body, closing], colWidths=[CONTENT_WIDTH - sum(fitted), *fitted], repeatRows=1)
    sizes = [("FONTSIZE", (1, 1), (-1, -1), size)] if size < _SIZE else []
    table.setStyle(TableStyle([*_TALLY_STYLE, *sizes, *_paddings(room, len(rows)), *style]))
    return table


def fit_numbers(
    header: Sequence[str], rows: Sequence[Sequence[str]], usual: Sequence[float]
) -> tuple[float, list[float]]:
    """Return the size in which all numbers fit beside the names, and the widths of their columns."""
    needed = [max(text_width(row[at], 1, BOLD) for row in rows) for at in range(1, len(usual) + 1)]
    words = [max(text_width(word, _HEADER_SIZE, BOLD) for word in head.split()) for head in header[1:]]
    room, size = CONTENT_WIDTH - _MIN_NAME_WIDTH, _SIZE
    while True:
        least = [max(need * size, word) + _CELL_PADDING for need, word in zip(needed, words, strict=True)]
        if sum(least) <= room or size <= _SMALLEST_SIZE:
            break
        size -= 0.25
    wished = [max(pair) for pair in zip(usual, least, strict=True)]
    return size, wished if sum(wished) <= room else least


_HEADER = ParagraphStyle(
    "table-header", parent=CELL, fontName=BOLD, fontSize=_HEADER_SIZE, leading=10.5, textColor=MUTED
)
_NUMBER_HEADER = ParagraphStyle("number-header", parent=_HEADER, alignment=TA_RIGHT)
_TALLY_STYLE = [
    ("FONT", (0, 0), (-1, -1), REGULAR, _SIZE, CELL.leading),
    ("TEXTCOLOR", (0, 0), (-1, -1), INK),
    ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("LINEBELOW", (0, 0), (-1, 0), 1, ACCENT),
    ("LINEBELOW", (0, 1), (-1, -2), 0.5, RULE),
    ("FONT", (0, -1), (-1, -1), BOLD, _SIZE, CELL.leading),
    ("BACKGROUND", (0, -1), (-1, -1), PALE),
]


def _paddings(room: float, rows: int) -> list[tuple[object, ...]]:
    """Return the paddings of cells. The total never stands alone on a page: the last row stays with it."""
    paddings: list[tuple[object, ...]] = [
        ("TOPPADDING", (0, 0), (-1, -1), 4 * room),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4.5 * room),
    ]
    return [*paddings, ("NOSPLIT", (0, -2), (-1, -1))] if rows else paddings


def _tile(content: Tile, width: float) -> Table:
    room = width - 20
    size = min(16.0, 16.0 * room / max(1.0, text_width(content.value, 16, BOLD)))
    size = max(size, _SMALLEST_NUMBER if content.short else 10.0)
    value = content.value
    if content.short and text_width(value, size, BOLD) > room:
        value, size = content.short, 16.0
    shown = cut_text(value, room, size, BOLD)
    style = ParagraphStyle("tile", fontName=BOLD, fontSize=size, leading=20, textColor=INK)
    small = ParagraphStyle("tile-label", fontName=REGULAR, fontSize=8, leading=11, textColor=MUTED)
    rows = [[Paragraph(markup(content.label), small)], [Paragraph(markup(shown, BOLD), style)]]
    for line, bold in zip(content.below, (BOLD, REGULAR), strict=False):
        below = min(8.0, max(_SMALLEST_NUMBER, 8.0 * room / max(1.0, text_width(line, 8, bold))))
        shown = cut_text(line, room, below, bold)
        rows.append([Paragraph(markup(shown, bold), small.clone("tile-below", fontSize=below))])
    commands = [
        ("BACKGROUND", (0, 0), (-1, -1), ACCENT_PALE),
        ("LINEABOVE", (0, 0), (-1, 0), 2, ACCENT),
        ("LEFTPADDING", (0, 0), (-1, -1), 10),
        ("RIGHTPADDING", (0, 0), (-1, -1), 8),
        ("TOPPADDING", (0, 0), (-1, 0), 8),
        ("BOTTOMPADDING", (0, 0), (-1, -2), 0),
        ("TOPPADDING", (0, 1), (-1, -1), 1),
        ("BOTTOMPADDING", (0, -1), (-1, -1), 9),
    ]
    return Table(rows, colWidths=[width], style=commands)
