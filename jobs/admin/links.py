"""The links from a request to where another app shows more of it: its connection, and the console of its user.

The app that has those pages says where they are, and who may follow the link.
"""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest

from jobs.models import AsyncRequest

FindConnection = Callable[[HttpRequest, UUID], str | None]
"""Returns the URL of a connection's page, or None when this reader may not see it."""
FindConsole = Callable[[HttpRequest, AsyncRequest], str | None]
"""Returns the URL of a request in the console, or None when this reader may not see it there."""
_find_connection: FindConnection | None = None
_find_console: FindConsole | None = None


def register_pages(*, connection: FindConnection, console: FindConsole) -> None:
    """Have the pages of requests link to others. Called once, when the admin's modules are imported."""
    global _find_connection, _find_console
    _find_connection, _find_console = connection, console


def connection_url(request: HttpRequest, connection_id: UUID) -> str | None:
    """Return the URL of the connection's page; None when the reader may not see it, or there are no such pages."""
    return _find_connection(request, connection_id) if _find_connection else None


def console_url_of(request: HttpRequest, row: AsyncRequest) -> str | None:
    """Return the URL of the request in the console; None when the reader may not see it, or there is no console."""
    return _find_console(request, row) if _find_console else None
