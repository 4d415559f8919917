"""Lay out the pages of a PDF: margins, header, footer, "Page 1 of 5", outline, and no page that is nearly empty."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from jobs.handlers.generate_report.pdf.fonts import (
    FONTS_OF_READERS,
    REGULAR,
    cut_text,
    part_width,
    split_by_font,
    text_width,
)
from jobs.handlers.generate_report.pdf.style import CONTENT_WIDTH, HEADING, MARGIN, MUTED, PAGE_HEIGHT, PAGE_WIDTH, RULE

ROOMS = (1.0, 1.2, 0.85, 1.4, 0.7)
"""Factors for charts and paddings, tried until the last page is filled well enough. Most documents need only one."""
_MIN_LAST_PAGE, _MIN_PAGE = 0.36, 0.6
_LINE_GAP, _HEADER = 14.0, 30.0
_SIZE = 8.0
_NOTE = (
    "Chinese, Japanese and Korean text is shown in fonts of your PDF reader. "
    "If any is missing here, open the file in another reader."
)
OnProgress = Callable[[str, Any], None]
MakeStory = Callable[[float], list[Flowable]]
"""Makes the story anew, for a factor of ``ROOMS``."""


class NumberedCanvas(Canvas):  # type: ignore[misc]  # reportlab is untyped
    """A canvas that holds every page back until the last is done, because only then "of 5" is known."""

    is_trial = False

    def __init__(self, *args: Any, header: str, footer: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._header, self._footer = header, footer
        self._pages: list[dict[str, Any]] = []
        self._headings: list[tuple[str, float]] = []

    def add_heading(self, text: str, top: float) -> None:
        """Note an entry of the outline for this page, ``top`` points above its lower edge."""
        self._headings.append((text, top))

    def showPage(self) -> None:
        self._pages.append(dict(self.__dict__))
        self._headings = []
        self._startPage()

    def save(self) -> None:
        pages = self._pages
        needs_note = not FONTS_OF_READERS.isdisjoint(self._doc.fontMapping)
        for number, page in enumerate(pages, start=1):
            self.__dict__.update(page)
            if number > 1:
                self._draw_line(self._header, "", PAGE_HEIGHT - _HEADER, -6)
            self._draw_line(self._footer, f"Page {number} of {len(pages)}", MARGIN - _LINE_GAP - 6, _LINE_GAP)
            if needs_note:
                self.drawString(MARGIN, MARGIN - 2 * _LINE_GAP - 4, _NOTE)
            self._add_outline(number)
            super().showPage()
        super().save()

    def _draw_line(self, text: str, at_right: str, y: float, rule: float) -> None:
        """Draw a line of small text, and a rule ``rule`` points above it."""
        self.setStrokeColor(RULE)
        self.setLineWidth(0.6)
        self.line(MARGIN, y + rule, PAGE_WIDTH - MARGIN, y + rule)
        self.setFillColor(MUTED)
        room = CONTENT_WIDTH - text_width(at_right, _SIZE) - 12
        x = MARGIN
        for font, part in split_by_font(cut_text(text, room, _SIZE)):
            self.setFont(font, _SIZE)
            self.drawString(x, y, part)
            x += part_width(part, font, _SIZE)
        self.setFont(REGULAR, _SIZE)
        self.drawRightString(PAGE_WIDTH - MARGIN, y, at_right)

    def _add_outline(self, page: int) -> None:
        for number, (text, top) in enumerate(self._headings):
            key = f"heading-{page}-{number}"
            self.bookmarkPage(key, fit="XYZ", left=0, top=min(PAGE_HEIGHT, top + 8))
            self.addOutlineEntry(text, key, 0)


class _Trial(Canvas):  # type: ignore[misc]
    """A canvas for finding out where pages break. It is not saved, and charts are not drawn on it."""

    is_trial = True

    def add_heading(self, text: str, top: float) -> None:
        """Note nothing."""

    def save(self) -> None:
        """Save nothing."""


class _Document(BaseDocTemplate):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shares: list[float] = []

    def afterFlowable(self, flowable: Flowable) -> None:
        if getattr(flowable, "style", None) is HEADING:
            top = self.frame._y + flowable.height + _LINE_GAP
            self.canv.add_heading(flowable.getPlainText(), top)

    def afterPage(self) -> None:
        frame = self.frame
        self._shares.append((frame._y2 - frame._y) / (frame._y2 - frame._y1))

    @property
    def is_well_filled(self) -> bool:
        """Return True if no page is nearly empty. A single page may be."""
        *others, last = self._shares
        return not others or (last >= _MIN_LAST_PAGE and min(others) >= _MIN_PAGE)

    @property
    def emptiness(self) -> tuple[bool, float]:
        """Return what is to be as small as possible: a badly filled page first, then the empty share of the worst."""
        return not self.is_well_filled, 1 - min(self._shares)


@dataclass(frozen=True, kw_only=True)
class Document:
    """An A4 document: its parts, with more or less room between them, and what stands on every page."""

    make_story: MakeStory
    title: str
    subject: str
    footer: str
    on_layout: Callable[[int], OnProgress] | None = None
    """Is called with the number of parts, once, and returns reportlab's progress callback."""

    def write(self, path: Path, *, try_first: bool = False) -> None:
        """Write the document with the first of ``ROOMS`` that leaves no page nearly empty, or the best of them.

        ``try_first``: the pages are tried before anything is drawn. That pays for charts that take longer than layout.
        """
        tried: dict[float, tuple[bool, float]] = {}
        told: OnProgress | None = None
        for room in ROOMS:
            is_trial = try_first or room != ROOMS[0]
            story = self.make_story(room)
            if self.on_layout is not None and told is None:
                told = self.on_layout(len(story))
            document = self._build(path, story, told, is_trial=is_trial)
            tried[room] = document.emptiness
            if document.is_well_filled:
                break
        best = min(tried, key=lambda room: tried[room])
        if try_first or best != ROOMS[0]:
            self._build(path, self.make_story(best), told, is_trial=False)

    def _build(self, path: Path, story: list[Flowable], told: OnProgress | None, *, is_trial: bool) -> _Document:
        document = _Document(
            str(path),
            pagesize=(PAGE_WIDTH, PAGE_HEIGHT),
            title=self.title,
            author="Streamer",
            subject=self.subject,
            creator="Streamer",
            lang="en",
            displayDocTitle=1,
        )
        frame = Frame(
            MARGIN,
            MARGIN,
            CONTENT_WIDTH,
            PAGE_HEIGHT - 2 * MARGIN,
            leftPadding=0,
            rightPadding=0,
            topPadding=0,
            bottomPadding=4,
        )
        document.addPageTemplates(PageTemplate(frames=[frame]))
        if told is not None:
            document.setProgressCallBack(told)
        canvas = _Trial if is_trial else partial(NumberedCanvas, header=self.title, footer=self.footer)
        document.build(story, canvasmaker=canvas)
        return document
