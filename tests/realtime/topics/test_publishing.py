"""Publishing from Python, and the history that it writes."""

import threading
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections, transaction
from django.test import TransactionTestCase
from pytest_django import Settings

from realtime.models import Topic, TopicMessage
from realtime.topics import (
    BadTopic,
    MessageTooLarge,
    TooManyMessages,
    UnknownTopic,
    apublish,
    history,
    publish,
)
from realtime.topics import publishing as publishing_module
from realtime.topics.log import TopicLog
from tests.realtime.sockets import aside

pytestmark = pytest.mark.django_db(transaction=True)
NEWS, PRICES = "tenant.acme.news", "tenant.acme.prices.gold"


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(publishing_module, "send_hints", lambda messages: sent.extend(one for _, one in messages))
    return sent


def test_it_works(hints: list[dict[str, Any]]) -> None:
    assert [publish(PRICES, {"price": 1}), publish(PRICES, {"price": 2})] == [1, 2]
    assert publish("tenant.acme.prices.silver", 3) == 1
    assert publish(NEWS, "hello") is None
    assert [one["frames"][0][0] for one in hints[:3]] == [1, 2, 1] and hints[3]["frames"] == []
    assert TopicMessage.objects.count() == 3


def test_a_message_is_the_same_from_the_log_and_from_a_hint(hints: list[dict[str, Any]]) -> None:
    publish(PRICES, {"text": 'quo"ted \u2028', "nul": "\x00", "nan": float("nan")})
    (frame,) = TopicLog(PRICES).read(1, 10).frames
    assert hints[0]["frames"] == [[1, frame.text, False]]


async def test_async_code_publishes_too(hints: list[dict[str, Any]]) -> None:
    assert [await apublish(PRICES, 1), await apublish(PRICES, 2), await apublish(NEWS, 3)] == [1, 2, None]
    assert len(hints) == 3


def test_a_message_goes_with_the_commit_or_not_at_all(hints: list[dict[str, Any]]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish(PRICES, 1)
        publish(NEWS, 1)
        raise ZeroDivisionError
    assert hints == [] and not Topic.objects.exists()
    with transaction.atomic():
        publish(PRICES, 1)
        assert hints == []
    assert len(hints) == 1


def test_without_a_history_no_statement_is_made() -> None:
    with TransactionTestCase().assertNumQueries(0):
        publish(NEWS, 1)


@pytest.mark.parametrize("name", ["", "a b", "tenant.*.news"])
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(BadTopic) as refused:
        publish(name, 1)
    assert refused.value.body()["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize("name", ["nobody.declared.this", "requests"])
def test_a_topic_without_a_pattern_does_not_exist(name: str) -> None:
    with pytest.raises(UnknownTopic):
        publish(name, 1)


def test_a_large_message_is_refused(settings: Settings) -> None:
    settings.STREAMER_TOPIC_MESSAGE_BYTES = 10
    assert publish(NEWS, "x" * 8) is None
    with pytest.raises(MessageTooLarge) as refused:
        publish(NEWS, "x" * 9)
    assert refused.value.body()["details"] == {"limit_bytes": 10}


def test_data_that_are_nested_too_deep_are_refused() -> None:
    deep: Any = 1
    for _ in range(65):
        deep = [deep]
    with pytest.raises(MessageTooLarge):
        publish(NEWS, deep)


def test_data_that_are_no_json_are_a_mistake() -> None:
    with pytest.raises(TypeError):
        publish(NEWS, object())


def test_a_topic_takes_so_many_messages_a_second(settings: Settings) -> None:
    settings.STREAMER_TOPIC_MESSAGES_PER_SECOND = 0.01
    busy, quiet = f"tenant.acme.prices.{uuid4().hex}", f"tenant.acme.prices.{uuid4().hex}"
    publish(busy, 1)
    for _ in range(3):
        with pytest.raises(TooManyMessages) as refused:
            publish(busy, 1)
        # Who heeds no refusal makes nobody wait for longer.
        assert 0 < refused.value.body()["retry_after"] <= 100
    assert publish(quiet, 1) == 1


def test_writers_at_once_make_no_hole_and_no_double(hints: list[dict[str, Any]]) -> None:
    def write() -> None:
        try:
            for _ in range(10):
                publish(PRICES, threading.get_ident())
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [seq for seq, _, _ in history.read_from(PRICES, 1, 100)] == list(range(1, 41))


async def test_a_dead_database_is_an_error_and_no_second_message(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def lost(name: str, *_: Any) -> int:
        calls.append(name)
        raise history.connection.Database.OperationalError("gone")

    monkeypatch.setattr(history, "append", lost)
    with pytest.raises(Exception, match="gone"):
        await apublish(PRICES, 1)
    assert calls == [PRICES]
    monkeypatch.undo()
    assert await aside(history.last_seq, PRICES) == 0
