from collections.abc import Iterator

import pytest

from tests.handlers.receipts import Receipts


@pytest.fixture(autouse=True)
def no_orders() -> Iterator[None]:
    Receipts.receipts.clear()
    yield
    Receipts.receipts.clear()
