"""The subscription to the feed, which all its readers share."""

from typing import Any

import pytest

from streamer_client.core.feed import Feed, FeedReader
from streamer_client.errors import ValidationFailed


@pytest.fixture
def sent() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def feed(sent: list[dict[str, Any]]) -> Feed:
    return Feed(lambda message: sent.append(dict(message)), lambda: 0.0)


def test_a_tag_is_asked_for_on_every_connection(feed: Feed, sent: list[dict[str, Any]]) -> None:
    feed.add(FeedReader(None, "nightly"))
    feed.receive({"type": "message", "topic": "requests", "cursor": "2", "request": {"request_id": "a"}}, 10)
    feed.lost()
    feed.resume()
    assert [(one.get("cursor"), one["tag"]) for one in sent] == [(None, "nightly"), ("2", "nightly")]


def test_without_a_tag_none_is_named(feed: Feed, sent: list[dict[str, Any]]) -> None:
    feed.add(FeedReader(None))
    assert "tag" not in sent[0]


def test_another_tag_is_refused_while_the_first_is_read(feed: Feed, sent: list[dict[str, Any]]) -> None:
    first, same = FeedReader(None, "nightly"), FeedReader(None, "nightly")
    feed.add(first)
    feed.add(same)
    for tag in ("weekly", None):
        with pytest.raises(ValidationFailed, match="another tag"):
            feed.add(FeedReader(None, tag))
    assert [one["type"] for one in sent] == ["subscribe"]
    for reader in (first, same):
        feed.remove(reader)
    feed.add(FeedReader(None, "weekly"))
    assert sent[-1]["tag"] == "weekly"
