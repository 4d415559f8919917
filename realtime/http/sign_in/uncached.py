"""Views about tokens, whose answers no cache may keep."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class UncachedView(APIView):
    """Keeps tokens, and refusals of them, out of every cache (RFC 6749, section 5.1)."""

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer
