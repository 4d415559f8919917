"""The handler and the mode of a request that came over HTTP."""

import logging

from jobs.incidents import report_unexpected
from realtime.answers.refusal import Refusal
from realtime.answers.router import Route, route_request
from realtime.auth import Identity
from realtime.wire.messages import Request
from realtime.wire.protocol import bad_field

logger = logging.getLogger(__name__)


def choose(message: Request, identity: Identity) -> Route:
    """Route the request as on a socket. Raises ``Refusal``, also for what needs a connection."""
    if message.on_disconnect == "cancel":
        raise Refusal(
            bad_field("on_disconnect", "'cancel' works on a WebSocket only: over HTTP there is no connection to watch")
        )
    try:
        return route_request(message, identity)
    except Refusal:
        raise
    except Exception as error:
        raise Refusal(report_unexpected(logger, "A request could not be routed", error)) from error
