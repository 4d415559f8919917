"""Write the report as a PDF document: A4, with tables and charts."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Paragraph, Spacer, Table

from jobs.handlers.generate_report.figures.breakdowns import Breakdown
from jobs.handlers.generate_report.figures.report import Figures
from jobs.handlers.generate_report.figures.tallies import change_of, change_percent
from jobs.handlers.generate_report.findings import find_sentences
from jobs.handlers.generate_report.heading import Heading
from jobs.handlers.generate_report.pdf.charts import bar_chart, line_chart
from jobs.handlers.generate_report.pdf.fonts import BOLD, markup, register_fonts, shorten
from jobs.handlers.generate_report.pdf.pages import Document
from jobs.handlers.generate_report.pdf.style import (
    BODY,
    CONTENT_WIDTH,
    HEADING,
    LEAD,
    MUTED,
    SMALL,
    SUBTITLE,
    TITLE,
    write_change,
    write_count,
    write_share,
)
from jobs.handlers.generate_report.pdf.tables import Tile, breakdown_table, compared_table, period_table, tiles
from jobs.handlers.generate_report.stages import Progress, Stage
from jobs.handlers.generate_report.wording import Words, inside

_MAX_BARS = 12
_MAX_ROWS_KEPT_TOGETHER = 20
_MIN_TABLE_HEIGHT = 140
_MAX_FILTER_CHARACTERS = 600
_MAX_TITLE_CHARACTERS = 80


def write_pdf(path: Path, heading: Heading, figures: Figures, progress: Progress, *, include_charts: bool) -> None:
    register_fonts()
    document = Document(
        make_story=lambda room: [
            *_opening(heading, figures),
            *_Parts(figures, heading.words, room).make(include_charts),
            *_notes(heading, figures),
        ],
        title=f"{heading.title}, {heading.days}",
        subject=heading.source,
        footer=f"{heading.source} · generated {heading.generated} · request {heading.request_id}",
        on_layout=lambda parts: _LayoutProgress(parts, progress),
    )
    document.write(path)


class _LayoutProgress:
    """Reportlab's progress callback, which counts the parts already laid out."""

    def __init__(self, parts: int, progress: Progress) -> None:
        self._parts = parts
        self._progress = progress
        self._done = 0

    def __call__(self, kind: str, value: Any) -> None:
        self._progress.check()
        # A part that is split over two pages adds one to the total, so the count can step back.
        if kind != "PROGRESS" or value <= self._done:
            return
        self._done = done = min(int(value), self._parts)
        message = f"Laid out {done} of {self._parts} parts"
        self._progress.report(Stage.GENERATING, done, self._parts, message, parts_done=done, parts_total=self._parts)


def _opening(heading: Heading, figures: Figures) -> list[Flowable]:
    facts = [("Source", heading.source), ("Filters", shorten(heading.filters, _MAX_FILTER_CHARACTERS))]
    facts += [("Against", heading.compared_with)] if heading.compared_with else []
    facts += [("About", heading.source_description)] if heading.source_description else []
    return [
        Paragraph(markup(heading.title, BOLD), TITLE),
        Paragraph(markup(heading.days), SUBTITLE),
        _facts([*facts, ("Generated", heading.generated)]),
        Spacer(0, 12),
        tiles(_key_figures(figures, heading.words)),
        Spacer(0, 10),
        *(Paragraph(markup(sentence), LEAD) for sentence in find_sentences(figures, heading.words)),
    ]


def _facts(facts: list[tuple[str, str]]) -> Table:
    rows = [[Paragraph(markup(name), _LABEL), Paragraph(markup(value), BODY)] for name, value in facts]
    commands = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 0.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0.5),
    ]
    return Table(rows, colWidths=[56, CONTENT_WIDTH - 56], style=commands)


_LABEL = BODY.clone("label", textColor=MUTED)


def _key_figures(figures: Figures, words: Words) -> list[Tile]:
    previous, now = figures.previous, figures.whole
    before = previous.whole if previous else None
    total = before and _change_lines(words.short(before.total), change_percent(before, now))
    records = before and _change_lines(
        write_count(before.records), change_of(Decimal(before.records), Decimal(now.records))
    )
    average = before and _change_lines(words.short(before.average), change_of(before.exact_average, now.exact_average))
    return [
        Tile(label=words.total, value=words.amount(now.total), short=words.short(now.total), below=total or ()),
        Tile(label="Records", value=write_count(now.records), below=records or ()),
        Tile(label=words.average, value=words.amount(now.average), short=words.short(now.average), below=average or ()),
        _top_category(figures, words),
    ]


def _top_category(figures: Figures, words: Words) -> Tile:
    below: tuple[str, ...] = ()
    if figures.previous and figures.categories.groups:
        share = write_share(figures.categories.groups[0][1].exact_total, figures.whole.exact_total)
        below = (f"{share} of the total",)
    # As many lines as the other tiles have, so that all are of one height.
    filling = ["\N{NO-BREAK SPACE}"] * (2 - len(below)) if figures.previous else []
    return Tile(label=f"Top {inside(words.category)}", value=figures.top_category or "–", below=(*below, *filling))


def _change_lines(before: str, change: Decimal | None) -> tuple[str, str]:
    return write_change(change), f"before: {before}"


class _Parts:
    """Makes the charts and tables of a report. ``room``: the factor for their heights."""

    def __init__(self, figures: Figures, words: Words, room: float) -> None:
        self._figures, self._words, self._room = figures, words, room

    def make(self, include_charts: bool) -> list[Flowable]:
        figures, words = self._figures, self._words
        if not figures.whole.records:
            message = "No records match this report: there are none in its days, or none that pass its filters."
            return [Spacer(0, 20), Paragraph(markup(message), BODY)]
        parts = self._periods(include_charts)
        if figures.sources:
            parts += self._breakdown("By source", "Source", figures.sources)
        if include_charts:
            parts.append(self._bars())
        parts += self._breakdown(_by(words.category), words.category, figures.categories)
        if figures.regions:
            parts += self._breakdown(_by(words.region), words.region, figures.regions)
        if figures.groups:
            names = " and ".join(words.name_column(name) for name in figures.groups.columns)
            parts += self._breakdown(shorten(f"By {names}", _MAX_TITLE_CHARACTERS), names, figures.groups)
        return parts

    def _periods(self, include_charts: bool) -> list[Flowable]:
        figures, previous, words = self._figures, self._figures.previous, self._words
        table = (
            compared_table(figures, previous, words, self._room)
            if previous
            else period_table(figures, words, self._room)
        )
        if not include_charts or len(figures.periods) < 2:
            return _part("By period", table)
        points = [(period.label, float(tally.total)) for period, tally in figures.periods]
        earlier = [float(tally.total) for _, tally in previous.periods] if previous else []
        drawing = line_chart(points, CONTENT_WIDTH, earlier, previous.kind if previous else "", room=self._room)
        return [_titled(words.with_unit(f"{words.total} over time"), drawing), *_part("By period", table)]

    def _bars(self) -> Flowable:
        categories, words = self._figures.categories, self._words
        points = [(labels[0], float(tally.total)) for labels, tally in categories.groups[:_MAX_BARS]]
        shown = f", the {_MAX_BARS} largest" if categories.count > _MAX_BARS else ""
        title = words.with_unit(f"{words.total} {inside(_by(words.category))}{shown}")
        return _titled(title, bar_chart(points, CONTENT_WIDTH, room=self._room))

    def _breakdown(self, title: str, name: str, breakdown: Breakdown) -> list[Flowable]:
        return _part(title, breakdown_table(name, breakdown, self._figures.whole, self._words, self._room))


def _by(name: str) -> str:
    return f"By {inside(name)}"


def _part(title: str, table: Table) -> list[Flowable]:
    """Keep a short table together with its title; let a long one break over pages and repeat its header."""
    if len(table._cellvalues) <= _MAX_ROWS_KEPT_TOGETHER:
        return [_titled(title, table)]
    return [CondPageBreak(_MIN_TABLE_HEIGHT), Paragraph(markup(title, BOLD), HEADING), table]


def _titled(title: str, content: Flowable) -> KeepTogether:
    return KeepTogether([Paragraph(markup(title, BOLD), HEADING), content])


def _notes(heading: Heading, figures: Figures) -> list[Flowable]:
    against = "the period before"
    if figures.previous:
        against = f"{heading.compared_with[0].lower()}{heading.compared_with[1:]}, day by day from the first"
    notes = [f"Totals are exact sums; averages, shares and changes are rounded. Change is against {against}."]
    if any(period.is_partial for period, _ in figures.periods):
        notes.append(f"* The report covers only part of this period ({heading.days}).")
    if without := figures.whole.records - figures.whole.with_value:
        who, they = ("1 record has", "it counts") if without == 1 else (f"{without:,} records have", "they count")
        notes.append(f"{who} no value; {they} as {'a record' if without == 1 else 'records'} but not in the average.")
    notes += heading.notes
    return [Spacer(0, 14), *(Paragraph(markup(note), SMALL) for note in notes)]
