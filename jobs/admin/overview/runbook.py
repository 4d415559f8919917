"""The runbook as a page of the admin, made from ``docs/how-to/runbook.md``."""

from functools import cache
from pathlib import Path
from typing import Final

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

NAME: Final = "jobs_asyncrequest_runbook"
_FILE: Final = Path(__file__).parents[3] / "docs" / "how-to" / "runbook.md"


def entry_url(name: str) -> str | None:
    """Return where the entry of an alert is. None where the documentation is not installed."""
    return f"{reverse(f'admin:{NAME}')}#{name.lower()}" if runbook() is not None else None


@cache
def runbook() -> SafeString | None:
    """Return the runbook as HTML, with an id at each heading. None where it is not installed."""
    try:
        text = _FILE.read_text()
    except OSError:
        return None
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text.partition("\n")[2])  # the page has the title
    for heading, title in zip(tokens, tokens[1:], strict=False):
        if heading.type == "heading_open":
            heading.attrSet("id", title.content.lower().replace(" ", "-"))
    for token in tokens:
        if token.children:
            token.children = _without_links_between_documents(token.children)
    html: str = parser.renderer.render(tokens, parser.options, {})
    return mark_safe(html)  # the parser escapes all, and takes no HTML


def _without_links_between_documents(tokens: list[Token]) -> list[Token]:
    """Keep the words of links that lead to other documents, which are no pages of the admin."""
    kept, dropped = [], 0
    for token in tokens:
        if token.type == "link_open" and not str(token.attrGet("href")).startswith(("#", "http")):
            dropped += 1
        elif token.type == "link_close" and dropped:
            dropped -= 1
        else:
            kept.append(token)
    return kept
