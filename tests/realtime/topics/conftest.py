from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from realtime.topics import presence as presence_module
from realtime.topics.rules import all_rules

Declare = Callable[[Any], None]


@pytest.fixture(autouse=True)
def heard(patient_joins: None) -> None:
    """Have each follower in the group of its topic: a message without a number is told once, by a hint."""


@pytest.fixture(autouse=True)
def unlimited(settings: Settings) -> None:
    settings.STREAMER_TOPIC_MESSAGES_PER_SECOND = 0


@pytest.fixture
def declare(settings: Settings) -> Iterator[Declare]:
    """Return ``declare(value)``, which sets STREAMER_TOPICS."""

    def set_to(value: Any) -> None:
        settings.STREAMER_TOPICS = value
        all_rules.cache_clear()

    yield set_to
    all_rules.cache_clear()


@pytest.fixture
async def quick_presence(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(presence_module, "SPACING_SECONDS", 0.01)
    monkeypatch.setattr(presence_module, "FIRST_CHECK_SECONDS", 0.05)
    monkeypatch.setattr(presence_module, "CHECK_SECONDS", 0.1)
    yield
