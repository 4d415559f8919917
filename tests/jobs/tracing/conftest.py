from collections.abc import Iterator

import pytest

from tests.collector import Collector, traced_process


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with traced_process(monkeypatch) as collector:
        yield collector
