"""Reads single keys from a terminal."""

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_ESCAPED: Final = {b"[A": "up", b"[B": "down", b"[5~": "page up", b"[6~": "page down", b"OA": "up", b"OB": "down"}
_MAX_BYTES: Final = 64


@contextmanager
def single_keys() -> Iterator[None]:
    """Take keys without Enter, and without showing them, during the block. Ctrl-C stays what it is."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def await_keys(seconds: float) -> list[str]:
    """Wait for keys, at most so long, and return those that were pressed."""
    descriptor = sys.stdin.fileno()
    ready, _, _ = select.select([descriptor], [], [], seconds)
    if not ready:
        return []
    pressed = os.read(descriptor, _MAX_BYTES)
    return names_of(pressed) if pressed else ["q"]


def names_of(pressed: bytes) -> list[str]:
    """Name the keys: a character stands for itself. Sequences that mean nothing here are left out."""
    names = []
    while pressed:
        if pressed[0] == 0x1B:
            known = next((code for code in _ESCAPED if pressed[1:].startswith(code)), b"")
            if known:
                names.append(_ESCAPED[known])
            pressed = pressed[1 + len(known) :] if known else b""
        else:
            names.append(chr(pressed[0]))
            pressed = pressed[1:]
    return names
