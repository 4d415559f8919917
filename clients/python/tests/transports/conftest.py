"""The pauses of a client, short enough for tests."""

import pytest

from streamer_client.core import reconnect
from streamer_client.transports.http import follower


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconnect, "BASE_SECONDS", 0.01)
    monkeypatch.setattr(follower, "SHORT_POLL_SECONDS", 0.01)
    monkeypatch.setattr(follower, "BETWEEN_POLLS_SECONDS", 0.0)
