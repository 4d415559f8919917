"""The message ``extend``: keep a file for longer."""

from collections.abc import Callable

from django.db.models import Q

from jobs.errors import ErrorCode, error_body
from jobs.files.artifacts import describe_extended
from jobs.files.expiry import NoSuchArtifact, extend
from realtime.database import in_database
from realtime.wire.messages import Extend
from realtime.wire.protocol import encode, encode_error


async def answer_extend(message: Extend, *, owner: Callable[[], Q], push: Callable[[str], None]) -> None:
    try:
        extended = await in_database(extend, message.artifact_id, message.days, owner=owner())
    except NoSuchArtifact:
        body = error_body(ErrorCode.NOT_FOUND, "There is no such file")
        push(encode_error(body, message.id, artifact_id=message.artifact_id))
    else:
        push(encode("extended", message.id, **describe_extended(extended)))
