"""The pages for people: the console."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

_POLICY = (
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


@csrf_exempt
@require_safe
def console(request: HttpRequest) -> HttpResponse:
    """Serve the browser client for people. It shows only data that the person's token may see."""
    response = render(request, "console.html")
    response["Content-Security-Policy"] = _POLICY
    response["Referrer-Policy"] = "no-referrer"
    return response
