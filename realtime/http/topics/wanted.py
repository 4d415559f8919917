"""The wish of a client that follows a topic over HTTP, read from its request."""

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest

from realtime.auth import Identity
from realtime.http.authenticated import read_whole_number, whole_number
from realtime.http.responses import Refused, invalid
from realtime.http.streams.response import wants_stream
from realtime.topics.names import fault_of
from realtime.topics.refusals import no_such_topic
from realtime.topics.rules import Rule, rule_for

_LAST_ID: Final = "Last-Event-ID"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A topic that the client may follow."""

    identity: Identity
    name: str
    rule: Rule
    after_seq: int | None
    """The last number that the client has. None: it wants what comes from now on."""

    @property
    def has_history(self) -> bool:
        return self.rule.declared.history is not None


async def read_wanted(request: HttpRequest, identity: Identity, name: str) -> Wanted:
    """Read what is wanted. Raises ``Refused`` for a topic that the client may not follow."""
    if (fault := fault_of(name)) is not None:
        raise Refused(invalid(fault))
    after_seq = _number(request)
    rule = await rule_for(identity, name, "subscribe")
    if rule is None:
        raise Refused(no_such_topic())
    return Wanted(identity=identity, name=name, rule=rule, after_seq=after_seq)


def _number(request: HttpRequest) -> int | None:
    if wants_stream(request) and (last := request.headers.get(_LAST_ID)):
        return read_whole_number(last, _LAST_ID, least=0)
    return whole_number(request, "after_seq", default=0, least=0) if "after_seq" in request.GET else None
