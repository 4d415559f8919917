"""The pages for people: the console."""

import re
from collections.abc import Iterator
from uuid import UUID

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse

from realtime.http.pages import page, render_page

# A policy has no notation for the address of IPv6, which every browser that knows those takes for 'self'.
_NAMED_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?")


@page
def console(request: HttpRequest) -> HttpResponse:
    """Serve the browser client for people. It shows only data that the person's token may see."""
    context = {"admin_request": _admin_request(request)}
    return render_page(request, "console.html", context, connect=tuple(_own_server(request)))


def console_url(request_id: UUID) -> str:
    """Return the address of a request in the console."""
    return f"{reverse('console')}#/requests/{request_id}"


def _admin_request(request: HttpRequest) -> str | None:
    """Return the address of a request in the admin, with the id nil, for who is signed in there and may see it."""
    user = getattr(request, "user", None)
    try:
        if user is None or not (user.is_active and user.is_staff and user.has_perm("jobs.view_asyncrequest")):
            return None
        return reverse("admin:jobs_asyncrequest_change", args=[UUID(int=0)])
    except (NoReverseMatch, DatabaseError):  # the console needs neither the admin nor, to be shown, the database
        return None


def _own_server(request: HttpRequest) -> Iterator[str]:
    """Yield the sources of the console's requests and of its socket. Older browsers count no socket as 'self'."""
    yield "'self'"
    host = request.get_host()
    if _NAMED_HOST.fullmatch(host):
        # In a policy, ws: stands for wss: too, as for a page behind a proxy that Streamer is not told of.
        yield f"{'wss' if request.is_secure() else 'ws'}://{host}{reverse('console')}ws/"
