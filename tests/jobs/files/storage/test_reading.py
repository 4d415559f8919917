import io
import os
import random

import pytest

from jobs.files.storage import StorageAway
from jobs.files.storage.reading import FIRST_BLOCK_BYTES, MAX_BLOCK_BYTES, RangedFile

CONTENT = os.urandom(5_000)


class Store:
    """Gives ranges of ``CONTENT``; the bodies break off after the given numbers of bytes, one after the other."""

    def __init__(self, *breaks: int) -> None:
        self.asked: list[tuple[int, int]] = []
        self._breaks = list(breaks)

    def get_range(self, first: int, last: int) -> "Body":
        self.asked.append((first, last))
        return Body(CONTENT[first : last + 1], self._breaks.pop(0) if self._breaks else None)

    def open(self) -> RangedFile:
        return RangedFile(len(CONTENT), self.get_range)


class Body:
    def __init__(self, content: bytes, breaks_after: int | None) -> None:
        self._content = io.BytesIO(content)
        self._breaks_after = breaks_after

    def read(self, size: int) -> bytes:
        if self._breaks_after is not None and self._content.tell() + size > self._breaks_after:
            raise StorageAway("cut off")
        return self._content.read(size)

    def close(self) -> None:
        self._content.close()


def test_it_works() -> None:
    store = Store()
    with store.open() as file:
        assert file.readall() == CONTENT and file.read(1) == b""
    assert store.asked == [(0, len(CONTENT) - 1)]


@pytest.mark.parametrize("seed", range(20))
def test_it_reads_as_any_file_does(seed: int) -> None:
    chance = random.Random(seed)
    like = io.BytesIO(CONTENT)
    with io.BufferedReader(Store().open(), 64) as file:
        for _ in range(200):
            offset, whence = chance.choice([(chance.randrange(6_000), 0), (chance.randrange(-50, 50), 1), (-7, 2)])
            offset = offset if whence != 1 else max(offset, -like.tell())
            assert file.seek(offset, whence) == like.seek(offset, whence)
            size = chance.choice([0, 1, 50, 700])
            assert file.read(size) == like.read(size)


def test_a_body_that_breaks_off_is_asked_for_from_there_on() -> None:
    store = Store(100)
    with store.open() as file:
        read = b"".join(iter(lambda: file.read(60), b""))
    assert read == CONTENT and [first for first, _ in store.asked] == [0, 60]


def test_it_gives_up_on_one_that_always_does() -> None:
    with Store(*[0] * 10).open() as file, pytest.raises(StorageAway):
        file.read(60)


def test_blocks_grow_up_to_a_bound() -> None:
    asked: list[int] = []

    class Zeros:
        def read(self, size: int) -> bytes:
            return bytes(size)

        def close(self) -> None:
            pass

    def get_range(first: int, last: int) -> Zeros:
        asked.append(last + 1 - first)
        return Zeros()

    with RangedFile(40 * 1024 * 1024, get_range) as file:
        while file.read(1024 * 1024):
            pass
    assert asked[0] == FIRST_BLOCK_BYTES and max(asked) == MAX_BLOCK_BYTES and asked[1] == 2 * asked[0]
