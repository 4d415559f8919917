"""The headers that say how a browser shows a file: it saves it, or shows types that cannot run code. Pure.

Users wrote the content of files. A file that a browser ran as a page of this site could use the reader's session. So
its type is never guessed, HTML and SVG are never shown, and text is shown as plain text alone.
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
# Browsers' PDF viewers do not work in a sandbox. They keep scripts of the file away from the page themselves.
_PDF_VIEWER = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'"


def presentation(media_type: str, filename: str, *, inline: bool) -> Mapping[str, str]:
    """Build the headers. ``inline`` is granted for types that are safe to show (RFC 6266 for the name)."""
    kind = media_type.partition(";")[0].strip().lower()
    shown = _SHOWN.get(kind) if inline else None
    disposition = content_disposition_header(as_attachment=shown is None, filename=filename)
    return {
        "Content-Type": shown or media_type,
        "Content-Disposition": disposition or "attachment",
        "Content-Security-Policy": _PDF_VIEWER if shown == "application/pdf" else _NOTHING,
        "X-Content-Type-Options": "nosniff",
    }
