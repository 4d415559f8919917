"""The request as Django makes it, but for forms that nobody can read: these are the fault of the client."""

from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http.multipartparser import MultiPartParserError


class Request(ASGIRequest):
    """A request whose view gets a form that was read, or is not called. Set it as the ``request_class`` of Django."""

    def parse_file_upload(self, META: Any, post_data: Any) -> Any:
        """Read a form of several parts. Raises ``MultiPartParserError``, which Django answers with 400."""
        try:
            return super().parse_file_upload(META, post_data)
        except TypeError as error:  # the head of a part has a parameter both whole and in parts (RFC 2231)
            raise MultiPartParserError(str(error)) from None
