import gc
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from jobs.docstrings import field_docs, markdown
from realtime.wire.messages import CLIENT_MESSAGES


class _Base(Struct):
    kept: int
    """Of the base."""
    replaced: int = 0
    """Of the base, too."""


class _Derived(_Base):
    """A class."""

    own: int | None = None
    """None: there is none. ``True`` is another."""
    replaced: int = 1
    """Of the class."""
    silent: int = 2

    def method(self) -> None:
        """Do nothing."""


def test_it_works() -> None:
    docs = field_docs(_Derived)
    assert docs == {
        "kept": "Of the base.",
        "replaced": "Of the class.",
        "own": "null: there is none. `true` is another.",
    }


def test_markdown_has_the_values_of_json() -> None:
    assert markdown("None, ``False`` and Nonesuch") == "null, `false` and Nonesuch"


class _Garbage:
    """Garbage whose collection lets other threads go on, as that of a closed file or socket does."""

    def __init__(self) -> None:
        self.cycle = self

    def __del__(self) -> None:
        time.sleep(0)


def test_several_threads_read_at_the_same_moment() -> None:
    """Two descriptions of the interfaces may be asked for at once, and are made on threads."""
    before = gc.get_threshold()

    def read(kind: type) -> Mapping[str, str]:
        _Garbage()
        return field_docs.__wrapped__(kind)

    gc.set_threshold(5)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(read, list(CLIENT_MESSAGES.values()) * 4))
    finally:
        gc.set_threshold(*before)
    assert found == [field_docs(kind) for kind in CLIENT_MESSAGES.values()] * 4
