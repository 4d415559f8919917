"""Django's protection against forged requests, for views that take a token or else a session's cookie."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.datastructures import MultiValueDict


class _Check(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def is_from_own_form(request: HttpRequest) -> bool:
    """Return True for a safe method, or with the right CSRF token in the header ``X-CSRFToken``."""
    fields: Any = request
    if not hasattr(fields, "_post"):
        # The middleware would also look for the token in a form, and so read a body that the view is to judge first.
        fields._post, fields._files = QueryDict(), MultiValueDict()
        try:
            return _judge(request)
        finally:
            del fields._post, fields._files
    return _judge(request)


def _judge(request: HttpRequest) -> bool:
    check = _Check(lambda _: HttpResponse())
    check.process_request(request)
    return check.process_view(request, None, (), {}) is None  # type: ignore[arg-type]
