"""Finds heads that Django and the REST framework cannot read, before they try. Pure.

Both take ``Content-Type`` and ``Accept`` apart with Python's parser of mail. It raises errors of many kinds, and needs
a fifth of a second for 16 KiB of semicolons. Then they decode with whatever codec the type names, be it a decompressor.
Python keeps each name that it knows no codec for, until the process ends.
"""

import re
from collections.abc import Iterable
from typing import Final

from django.utils.http import parse_header_parameters

MAX_CHARACTERS: Final = 1_024
"""The most characters of a header that is taken apart."""
_MAX_PARAMETERS: Final = 64
_TYPE: Final = b"content-type"
_ACCEPT: Final = b"accept"
# Python reads no number of more than 4,300 digits.
_LENGTH: Final = b"content-length"
# RFC 2231: a parameter in parts, or in a charset of its own. No type or preference has one.
_EXTENDED: Final = re.compile(r";[^;=,]*\*")
_CHARSETS: Final = frozenset(("utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1"))
"""The charsets of bodies, which are JSON, or forms in UTF-8."""


def fault_of_head(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return what is wrong with the headers of an ASGI scope, in words, or None."""
    found: dict[bytes, list[str]] = {_TYPE: [], _ACCEPT: [], _LENGTH: []}
    for name, value in headers:
        if name in found:
            found[name].append(value.decode("latin-1"))
    for name, label in ((_TYPE, "Content-Type"), (_ACCEPT, "Accept"), (_LENGTH, "Content-Length")):
        # Django puts those of one name together like this.
        text = ",".join(found[name])
        if len(text) > MAX_CHARACTERS:
            return f"The header {label} has more than {MAX_CHARACTERS} characters"
        if text.count(";") > _MAX_PARAMETERS or _EXTENDED.search(text):
            return f"The header {label} cannot be read"
    charset = parse_header_parameters(",".join(found[_TYPE]))[1].get("charset", "")
    return None if not charset or charset.lower() in _CHARSETS else "The charset of the body is not UTF-8"
