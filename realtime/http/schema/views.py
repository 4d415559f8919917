"""``/api/docs/``: the documents of this installation, and a page that shows them."""

import asyncio
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from jobs.contract.base import Handler
from realtime.http.authenticated import refusing
from realtime.http.pages import page, render_page
from realtime.http.refused import log_refused_request
from realtime.http.responses import Refused, error_response
from realtime.http.schema.asyncapi import build_asyncapi
from realtime.http.schema.audience import handlers_for
from realtime.http.schema.openapi import build_openapi

# One document for each set of permissions that is in use.
_MAX_KEPT = 32
Build = Callable[..., dict[str, Any]]


@page
def docs_page(request: HttpRequest) -> HttpResponse:
    """Serve the page. It holds no description itself: its script fetches the documents."""
    if settings.STREAMER_API_DOCS == "nobody":
        raise Http404
    return render_page(request, "api_docs.html")


@csrf_exempt
@require_safe
async def openapi_document(request: HttpRequest) -> HttpResponseBase:
    """``GET /api/docs/openapi.json``: the description of all that is HTTP."""
    return await _document(request, build_openapi)


@csrf_exempt
@require_safe
async def asyncapi_document(request: HttpRequest) -> HttpResponseBase:
    """``GET /api/docs/asyncapi.json``: the description of the socket."""
    return await _document(request, build_asyncapi)


async def _document(request: HttpRequest, build: Build) -> HttpResponseBase:
    try:
        with refusing():
            handlers = await handlers_for(request)
    except Refused as refused:
        log_refused_request(request, refused.error, refused.identity)
        return error_response(refused.error, refused.status)
    # A thread, because the schemas of many actions take a while the first time.
    text = await asyncio.to_thread(_encoded, build, tuple(handlers), reverse("console"))
    response = HttpResponse(text, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


@lru_cache(_MAX_KEPT)
def _encoded(build: Build, handlers: Sequence[Handler[Any]], mount: str) -> bytes:
    return msgspec.json.encode(build(handlers, mount=mount))
