"""To keep a file for longer: the message ``extend``, and ``POST /api/artifacts/<id>/extend/``."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.db import Error as DatabaseError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from msgspec import Meta, Struct

from jobs.errors import error_body
from jobs.files.artifacts import describe
from jobs.files.expiry import Extended, NoSuchArtifact, extend
from jobs.handler import ErrorCode
from jobs.requests.reads import owned_by
from realtime.api import error_response, identify, json_response, not_found
from realtime.auth import KeysUnavailable, Unauthorized
from realtime.database import in_database
from realtime.messages import Extend
from realtime.protocol import encode, encode_error


class _Wish(Struct):
    days: Annotated[float, Meta(gt=0, le=3650)]


async def answer_extend(message: Extend, *, owner: Callable[[], Q], push: Callable[[str], None]) -> None:
    try:
        extended = await in_database(extend, message.artifact_id, message.days, owner=owner())
    except NoSuchArtifact:
        body = error_body(ErrorCode.NOT_FOUND, "There is no such file")
        push(encode_error(body, message.id, artifact_id=message.artifact_id))
    else:
        push(encode("extended", message.id, **_body(extended)))


# Nothing is done for a cookie here, only for a token, which no foreign page has.
@csrf_exempt
@require_POST
async def extend_artifact(request: HttpRequest, artifact_id: UUID) -> HttpResponse:
    """``POST /api/artifacts/<id>/extend/``: ``{days}``. For the owner, by token alone: a signed URL is not enough."""
    try:
        identity = await in_database(identify, request)
        wish = msgspec.json.decode(request.body, type=_Wish)
        owner = owned_by(identity.tenant_id, identity.user_id)
        return json_response(_body(await in_database(extend, artifact_id, wish.days, owner=owner)))
    except Unauthorized as error:
        return error_response(error_body(ErrorCode.UNAUTHORIZED, str(error), details={"reason": error.reason}))
    except (msgspec.MsgspecError, UnicodeError) as error:
        return error_response(error_body(ErrorCode.VALIDATION_ERROR, str(error)))
    except NoSuchArtifact:
        return error_response(not_found())
    except (DatabaseError, KeysUnavailable):
        return error_response(error_body(ErrorCode.SERVICE_UNAVAILABLE, "This cannot be done right now"))


def _body(extended: Extended) -> dict[str, Any]:
    row = extended.artifact
    return {**describe(row), "request_id": row.request_id, "latest_expires_at": extended.latest.isoformat()}
