"""How a browser may show a file: saved as a rule, shown in place only where nothing in it can act. Pure.

Files hold what users wrote. One that a browser ran as a page of ours could use the reader's session, so its type is
never guessed, HTML and SVG are never shown, and text is shown as nothing but text.
"""

from collections.abc import Mapping

from django.utils.http import content_disposition_header

_SHOWN = {
    "application/pdf": "application/pdf",
    "image/png": "image/png",
    "image/jpeg": "image/jpeg",
    "image/gif": "image/gif",
    "image/webp": "image/webp",
    "text/csv": "text/plain; charset=utf-8",
    "text/plain": "text/plain; charset=utf-8",
    "application/json": "text/plain; charset=utf-8",
}
_NOTHING = "default-src 'none'; sandbox"
# The viewers that browsers bring along for PDF do not work in a sandbox; they let no script of the file near the page.
_PDF_VIEWER = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'"


def presentation(media_type: str, filename: str, *, inline: bool) -> Mapping[str, str]:
    """The headers. ``inline`` is a wish, granted for types that are safe to show (RFC 6266 for the name)."""
    kind = media_type.partition(";")[0].strip().lower()
    shown = _SHOWN.get(kind) if inline else None
    disposition = content_disposition_header(as_attachment=shown is None, filename=filename)
    return {
        "Content-Type": shown or media_type,
        "Content-Disposition": disposition or "attachment",
        "Content-Security-Policy": _PDF_VIEWER if shown == "application/pdf" else _NOTHING,
        "X-Content-Type-Options": "nosniff",
    }
