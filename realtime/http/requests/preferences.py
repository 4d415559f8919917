"""The preference ``wait`` of a client (RFC 7240): the seconds for which it would wait for the end of its request."""

import re
from typing import Final

from django.http import HttpRequest

MAX_WAIT_SECONDS: Final = 60
_MAX_DIGITS: Final = 9
_WAIT: Final = re.compile(r'\s*wait\s*=\s*(?:"([0-9]+)"|([0-9]+))\s*(?:;.*)?', re.IGNORECASE)


def preferred_wait(request: HttpRequest) -> int:
    """Return the whole seconds of ``Prefer: wait``, at most 60. What is malformed is ignored; 0: there is none."""
    for preference in request.headers.get("Prefer", "").split(","):
        if match := _WAIT.fullmatch(preference):
            digits = (match[1] or match[2]).lstrip("0") or "0"
            return MAX_WAIT_SECONDS if len(digits) > _MAX_DIGITS else min(int(digits), MAX_WAIT_SECONDS)
    return 0
