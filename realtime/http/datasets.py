"""``/api/datasets/``: the datasets of a tenant, and the sources of operators."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from jobs.contract.permissions import READ_ROWS
from jobs.contract.source import source_names
from jobs.data.datasets.describing import description, summary
from jobs.data.datasets.store import delete_dataset, find_dataset, list_datasets, used_bytes
from jobs.data.sources import find_source
from jobs.errors import ErrorCode, error_body
from realtime.auth import Identity
from realtime.database import in_database
from realtime.http.authenticated import answering, demand, found, whole_number
from realtime.http.responses import Refused, invalid, json_response, not_found
from realtime.http.uploads.view import add_upload

WRITE = "datasets.write"
_PAGE, _MOST = 50, 200


@answering("GET", "HEAD", "POST")
async def dataset_list(request: HttpRequest, identity: Identity) -> HttpResponse:
    """``GET /api/datasets/?limit=&cursor=``: the newest first; the first page begins with the sources.

    ``POST`` adds one.
    """
    if request.method == "POST":
        demand(identity, WRITE)
        return await add_upload(request, identity)
    demand(identity, READ_ROWS)
    limit = whole_number(request, "limit", default=_PAGE, least=1, most=_MOST)
    try:
        body = await in_database(_page, identity.tenant_id, limit, request.GET.get("cursor"))
    except ValueError as error:
        raise Refused(invalid(f"cursor: {error}")) from None
    return json_response(body)


@answering("GET", "HEAD", "DELETE")
async def dataset_detail(request: HttpRequest, identity: Identity, id_or_name: str) -> HttpResponse:
    """``GET`` describes it, ``DELETE`` deletes it. By id or by name."""
    if request.method != "DELETE":
        demand(identity, READ_ROWS)
        return json_response(found(await in_database(_detail, identity.tenant_id, id_or_name)))
    demand(identity, WRITE)
    if await in_database(delete_dataset, identity.tenant_id, id_or_name):
        return HttpResponse(status=204)
    if id_or_name in source_names():
        raise Refused(
            error_body(ErrorCode.FORBIDDEN, "This is a source, which operators registered; clients cannot delete it")
        )
    raise Refused(not_found())


def _page(tenant_id: str, limit: int, cursor: str | None) -> dict[str, Any]:
    page, next_cursor = list_datasets(tenant_id, limit=limit, cursor=cursor or None)
    sources = [] if cursor else [source for name in source_names() if (source := find_source(name))]
    return {
        "datasets": [*(source.summary() for source in sources), *map(summary, page)],
        "next_cursor": next_cursor,
        "used_bytes": used_bytes(tenant_id),
        "quota_bytes": settings.STREAMER_DATASET_QUOTA_BYTES,
        "upload_bytes": settings.STREAMER_DATASET_MAX_BYTES,
    }


def _detail(tenant_id: str, id_or_name: str) -> dict[str, Any] | None:
    row = find_dataset(tenant_id, id_or_name)
    if row is not None:
        return description(row)
    source = find_source(id_or_name)
    return source.describe() if source else None
