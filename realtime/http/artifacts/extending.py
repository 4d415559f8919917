"""``POST /api/artifacts/<id>/extend/``: keep a file for longer."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from msgspec import Meta, Struct

from jobs.files.artifacts import describe_extended
from jobs.files.expiry import NoSuchArtifact, extend
from realtime.access import owned
from realtime.auth import Identity
from realtime.database import in_database
from realtime.http.authenticated import answering
from realtime.http.bodies import read_body
from realtime.http.responses import Refused, json_response, not_found


class _Wish(Struct):
    days: Annotated[float, Meta(gt=0, le=3650)]


@answering("POST")
async def extend_artifact(request: HttpRequest, identity: Identity, artifact_id: UUID) -> HttpResponse:
    """Answer ``POST /api/artifacts/<id>/extend/`` with ``{days}``. It takes the owner's token, not a signed URL."""
    wish = read_body(request, _Wish)
    try:
        extended = await in_database(extend, artifact_id, wish.days, owner=owned(identity))
        return json_response(describe_extended(extended))
    except NoSuchArtifact:
        raise Refused(not_found()) from None
