"""The link from a request to the connection it came over. The app that knows connections says where their pages are."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest

FindPage = Callable[[HttpRequest, UUID], str | None]
"""Returns the URL of a connection's page, or None when this reader may not see it."""
_find_page: FindPage | None = None


def register_connection_page(find_page: FindPage) -> None:
    """Have the pages of requests link to connections. Called once, when the admin's modules are imported."""
    global _find_page
    _find_page = find_page


def connection_url(request: HttpRequest, connection_id: UUID) -> str | None:
    """Return the URL of the connection's page; None when the reader may not see it, or there are no such pages."""
    return _find_page(request, connection_id) if _find_page else None
