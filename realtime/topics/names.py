"""The names of topics: segments of a small alphabet, separated by dots. Pure."""

import hashlib
import re
from typing import Final

from jobs.contract.topics import MAX_SEGMENTS, SEGMENT

MAX_NAME: Final = 255
"""The most characters of a name."""
_OTHER: Final = re.compile(rb"[^A-Za-z0-9_-]")


def fault_of(name: str) -> str | None:
    """Return what is wrong with a name, or None."""
    segments = name.split(".")
    if len(name) > MAX_NAME:
        return f"A topic's name has at most {MAX_NAME} characters"
    if len(segments) > MAX_SEGMENTS:
        return f"A topic's name has at most {MAX_SEGMENTS} segments"
    if not all(SEGMENT.fullmatch(segment) for segment in segments):
        return (
            "A topic's name may have only letters, digits, '_', '-' and '~' with two hexadecimal digits, between dots"
        )
    return None


def topic_segment(text: str) -> str:
    """Return a text, such as a user's id, as one segment. Other characters become ``~`` and two digits for each byte.

    No two texts have the same segment, so no id can stand for another, nor for several segments.
    """
    return _OTHER.sub(lambda found: b"~%02X" % found[0][0], text.encode()).decode()


def topic_group(name: str) -> str:
    """Name the channel-layer group of those who follow the topic."""
    return f"topic.{_digest(name)}"


def presence_group(name: str) -> str:
    """Name the channel-layer group of those who are told who follows the topic."""
    return f"presence.{_digest(name)}"


def _digest(name: str) -> str:
    # Groups have shorter names than topics may have.
    return hashlib.sha256(name.encode()).hexdigest()[:40]
