"""``POST /api/artifacts/<id>/extend/``: keep a file for longer."""

from typing import Annotated
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from msgspec import Meta, Struct

from jobs.files.artifacts import describe_extended
from jobs.files.expiry import NoSuchArtifact, extend
from jobs.requests.reads import owned_by
from realtime.auth import Identity
from realtime.database import in_database
from realtime.http.authenticated import answering
from realtime.http.responses import Refused, invalid, json_response, not_found


class _Wish(Struct):
    days: Annotated[float, Meta(gt=0, le=3650)]


@answering("POST")
async def extend_artifact(request: HttpRequest, identity: Identity, artifact_id: UUID) -> HttpResponse:
    """Answer ``POST /api/artifacts/<id>/extend/`` with ``{days}``. It takes the owner's token, not a signed URL."""
    try:
        wish = msgspec.json.decode(request.body, type=_Wish)
        owner = owned_by(identity.tenant_id, identity.user_id)
        return json_response(describe_extended(await in_database(extend, artifact_id, wish.days, owner=owner)))
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Refused(invalid(str(error))) from None
    except NoSuchArtifact:
        raise Refused(not_found()) from None
