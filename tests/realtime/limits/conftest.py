"""No threads of exchanges: tests exchange when they want to, and none meets the spending of an earlier one."""

from collections.abc import Iterator
from typing import Final

import pytest

from realtime.limits import exchange
from realtime.limits.exchange import Exchange

SOON: Final = Exchange.soon
"""The method that starts the thread, for the test of that."""


@pytest.fixture(autouse=True)
def no_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(Exchange, "soon", lambda self: None)
    exchange.breaker.close()
    yield
    exchange.breaker.close()
