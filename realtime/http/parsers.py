"""The body parser of the REST framework's views. Its settings name this module, so do not import its views here."""

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class BoundedJSONParser(JSONParser):
    """A JSON parser that refuses a body that is nested too deep, as it does one that is no JSON."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError:
            raise ParseError("The body is nested too deep") from None
