"""Set up the pages of a PDF: margins, footer, and "Page 1 of 5"."""

from pathlib import Path
from typing import Any

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from jobs.handlers.generate_report.pdf.fonts import REGULAR, cut_text, split_by_font, text_width
from jobs.handlers.generate_report.pdf.style import CONTENT_WIDTH, MARGIN, MUTED, PAGE_HEIGHT, PAGE_WIDTH, RULE

_FOOTER = 20.0
_SIZE = 7.5


class NumberedCanvas(Canvas):  # type: ignore[misc]  # reportlab is untyped
    """A canvas that holds every page back until the last is done, because only then "of 5" is known."""

    def __init__(self, *args: Any, footer: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._footer = footer
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        pages = self._pages
        for number, page in enumerate(pages, start=1):
            self.__dict__.update(page)
            self._draw_footer(f"Page {number} of {len(pages)}")
            super().showPage()
        super().save()

    def _draw_footer(self, numbering: str) -> None:
        self.setStrokeColor(RULE)
        self.setLineWidth(0.6)
        self.line(MARGIN, MARGIN - 6, PAGE_WIDTH - MARGIN, MARGIN - 6)
        self.setFillColor(MUTED)
        room = CONTENT_WIDTH - text_width(numbering, _SIZE) - 12
        x = MARGIN
        for font, part in split_by_font(cut_text(self._footer, room, _SIZE)):
            self.setFont(font, _SIZE)
            self.drawString(x, MARGIN - _FOOTER, part)
            x += text_width(part, _SIZE, font)
        self.setFont(REGULAR, _SIZE)
        self.drawRightString(PAGE_WIDTH - MARGIN, MARGIN - _FOOTER, numbering)


def new_document(path: Path, *, title: str, subject: str) -> BaseDocTemplate:
    document = BaseDocTemplate(
        str(path),
        pagesize=(PAGE_WIDTH, PAGE_HEIGHT),
        title=title,
        author="Streamer",
        subject=subject,
        creator="Streamer",
        lang="en",
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
    return document
