"""Lay a report about a model out as an A4 document: cover, verdict, cautions, scores, charts and tables."""

from collections.abc import Callable, Sequence
from pathlib import Path

from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Paragraph, Spacer, Table

from jobs.handlers.generate_report.pdf.fonts import BOLD, markup, register_fonts, shorten
from jobs.handlers.generate_report.pdf.pages import Document
from jobs.handlers.generate_report.pdf.style import (
    ACCENT,
    ACCENT_PALE,
    BODY,
    CELL,
    CONTENT_WIDTH,
    HEADING,
    LEAD,
    MUTED,
    PALE,
    RULE,
    SMALL,
    SUBTITLE,
    TITLE,
)
from jobs.handlers.process_data.learning.report.canvas import ChartFlowable
from jobs.handlers.process_data.learning.report.parts import Chart, Cover, Listing, Metric, Report

_MAX_TITLE, _MAX_FACT, _MAX_SENTENCE, _MAX_CELL, _MAX_WARNINGS = 90, 120, 600, 700, 12
_FACTS_IN_A_LINE = 3
_MIN_TABLE_HEIGHT = 120
_CAUTION = "#FFF4E0"


def write_report(make_report: Callable[[Cover], Report], cover: Cover, path: Path) -> None:
    """Make the report and write it as PDF. Raises ``OSError`` when the file cannot be written."""
    register_fonts()
    report = make_report(cover)
    made = f"{cover.generated_at:%Y-%m-%d %H:%M} UTC"
    document = Document(
        make_story=lambda room: _story(report, cover, made, room),
        title=f"{shorten(report.title, _MAX_TITLE)} – {shorten(cover.data, _MAX_TITLE)}",
        subject=report.verdict,
        footer=f"Request {cover.request_id} · made {made}",
    )
    document.write(path, try_first=True)


def _story(report: Report, cover: Cover, made: str, room: float) -> list[Flowable]:
    facts = [("Data", cover.data), ("Made", made), *report.facts]
    return [
        Paragraph(markup(shorten(report.title, _MAX_TITLE), BOLD), TITLE),
        Paragraph(markup(shorten(report.subtitle, _MAX_SENTENCE)), SUBTITLE),
        _verdict(report.verdict),
        Spacer(0, 10),
        _facts(facts),
        *_sentences("Please note", report.warnings, has_colour=True),
        *_sentences("What was found", report.findings),
        *_scores(report, room),
        *(flowable for part in report.parts for flowable in _part(part, room)),
    ]


def _verdict(text: str) -> Table:
    style = [
        ("BACKGROUND", (0, 0), (-1, -1), ACCENT_PALE),
        ("LINEBEFORE", (0, 0), (0, -1), 4, ACCENT),
        ("LEFTPADDING", (0, 0), (-1, -1), 14),
        ("RIGHTPADDING", (0, 0), (-1, -1), 12),
        ("TOPPADDING", (0, 0), (-1, -1), 9),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 11),
    ]
    return Table(
        [[Paragraph(markup(shorten(text, _MAX_SENTENCE), BOLD), LEAD)]], colWidths=[CONTENT_WIDTH], style=style
    )


_LABEL = SMALL.clone("fact-label", leading=11)
_FACT = BODY.clone("fact", fontName=BOLD)


def _facts(facts: Sequence[tuple[str, str]]) -> Table:
    cells: list[object] = [
        [Paragraph(markup(label), _LABEL), Paragraph(markup(shorten(value, _MAX_FACT), BOLD), _FACT)]
        for label, value in facts
    ]
    cells += [""] * (-len(cells) % _FACTS_IN_A_LINE)
    rows = [cells[start : start + _FACTS_IN_A_LINE] for start in range(0, len(cells), _FACTS_IN_A_LINE)]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    return Table(rows, colWidths=[CONTENT_WIDTH / _FACTS_IN_A_LINE] * _FACTS_IN_A_LINE, style=style)


def _sentences(title: str, texts: Sequence[str], *, has_colour: bool = False) -> list[Flowable]:
    if not texts:
        return []
    shown = list(texts[:_MAX_WARNINGS])
    if len(texts) > len(shown):
        shown.append(f"{len(texts) - len(shown):,} more are in the notes of the request.")
    rows = [[Paragraph(markup(shorten(text, _MAX_SENTENCE)), BODY)] for text in shown]
    style = [("TOPPADDING", (0, 0), (-1, -1), 3), ("BOTTOMPADDING", (0, 0), (-1, -1), 4)]
    style += [("LEFTPADDING", (0, 0), (-1, -1), 10 if has_colour else 0)]
    if has_colour:
        style += [("BACKGROUND", (0, 0), (-1, -1), _CAUTION)]  # type: ignore[list-item]
    return [_heading(title), Table(rows, colWidths=[CONTENT_WIDTH], style=style)]


def _heading(title: str) -> Flowable:
    return Paragraph(markup(shorten(title, _MAX_TITLE), BOLD), HEADING)


_HEAD = ParagraphStyle("head", parent=CELL, fontName=BOLD, fontSize=8.5, leading=11, textColor=MUTED)
_RIGHT_HEAD = ParagraphStyle("right-head", parent=_HEAD, alignment=2)
_NUMBER = ParagraphStyle("number", parent=CELL, alignment=2)
_MAIN_NUMBER = ParagraphStyle("main-number", parent=_NUMBER, fontName=BOLD)


def _scores(report: Report, room: float) -> list[Flowable]:
    has_validation = any(metric.validation for metric in report.metrics)
    heads = ["This model", "Baseline", *(["Cross-validation"] if has_validation else [])]
    widths = [0.46, 0.16, 0.16, 0.22] if has_validation else [0.6, 0.2, 0.2]
    rows: list[list[Flowable]] = [[Paragraph("Measure", _HEAD), *(Paragraph(head, _RIGHT_HEAD) for head in heads)]]
    for metric in report.metrics:
        row = [_measure(metric), Paragraph(metric.value, _MAIN_NUMBER), Paragraph(metric.baseline, _NUMBER)]
        rows.append([*row, *([Paragraph(metric.validation, _NUMBER)] if has_validation else [])])
    return [
        KeepTogether(
            [_heading("Scores"), Paragraph(markup(report.baseline), SMALL), Spacer(0, 3), _table(rows, widths, room)]
        )
    ]


def _measure(metric: Metric) -> Paragraph:
    reading = f' <font size="8" color="{MUTED.hexval().replace("0x", "#")}">{markup(metric.reading)}</font>'
    return Paragraph(markup(metric.name, BOLD) + reading, CELL)


def _part(part: Chart | Listing, room: float) -> list[Flowable]:
    opening = [_heading(part.title), Paragraph(markup(shorten(part.reading, _MAX_SENTENCE)), SMALL), Spacer(0, 3)]
    if isinstance(part, Chart):
        return [KeepTogether([*opening, ChartFlowable(part.draw, CONTENT_WIDTH, part.height * room)])]
    rows = [[Paragraph(markup(head, BOLD), _HEAD) for head in part.heads]]
    rows += [[Paragraph(markup(shorten(text, _MAX_CELL)), CELL) for text in row] for row in part.rows]
    return [CondPageBreak(_MIN_TABLE_HEIGHT), *opening, _table(rows, part.widths, room)]


def _table(rows: Sequence[Sequence[Flowable]], widths: Sequence[float], room: float) -> Table:
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, 0), 1, ACCENT),
        ("LINEBELOW", (0, 1), (-1, -1), 0.5, RULE),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [None, PALE]),
        ("LEFTPADDING", (0, 0), (0, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5 * room),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5 * room),
    ]
    return Table(rows, colWidths=[share * CONTENT_WIDTH for share in widths], style=style, repeatRows=1)
