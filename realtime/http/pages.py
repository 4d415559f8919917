"""The common part of pages for people: they load from this site alone, and no page of another site frames them."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page, require_safe

_POLICY = (
    "default-src 'self'; {connect}img-src 'self' data:; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
View = Callable[[HttpRequest], HttpResponse]


def page(view: View) -> View:
    """Have a view serve a page: compressed, and only where it has changed since the browser asked last."""
    return csrf_exempt(require_safe(gzip_page(conditional_page(cache_control(no_cache=True)(view)))))


def render_page(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, connect: Collection[str] = ()
) -> HttpResponse:
    """Render a page under its content policy. ``connect``: the sources of its scripts' requests; none: this site."""
    response = render(request, template, context)
    connecting = f"connect-src {' '.join(connect)}; " if connect else ""
    response["Content-Security-Policy"] = _POLICY.format(connect=connecting)
    response["Referrer-Policy"] = "no-referrer"
    return response
