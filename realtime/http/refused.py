"""The log line of a request over HTTP that was refused."""

from django.http import HttpRequest

from jobs.errors import ErrorBody
from realtime.auth import Identity
from realtime.limits.addresses import address_of
from realtime.refusals.errors import log_refused_error


def log_refused_request(request: HttpRequest, error: ErrorBody, identity: Identity | None) -> None:
    """Log the error, if it refuses a token, a permission or an id. The path has no token, unlike a query."""
    facts = {"path": request.path, "method": request.method}
    log_refused_error(error, identity=identity, address=address_of(request), facts=facts)
