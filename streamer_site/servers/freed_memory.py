"""Gives the memory of large messages back to the system as soon as they are over."""

import ctypes
from typing import Final

# The names of glibc's mallopt(3), and their numbers in malloc.h.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_BYTES: Final = 1024 * 1024


def give_back() -> None:
    """Fix the sizes from which glibc gives freed memory back. By itself it raises them to what was freed before.

    Then the lists of a message of a megabyte would stay in the heap, and 70 MB with them. Other C libraries than glibc
    have no such setting, and are left alone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for name in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
            mallopt(name, _BYTES)
