"""The bounds of a history: the sweeper deletes what is displaced and what is past its time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from realtime.models import Topic, TopicMessage
from realtime.topics import history, publish, sweep_rules
from realtime.topics.log import TopicLog
from realtime.topics.sweep_rules import OldMessages

pytestmark = pytest.mark.django_db(transaction=True)
RECENT, PRICES = "tenant.acme.recent", "tenant.acme.prices.gold"


def seqs(name: str) -> list[int]:
    return [seq for seq, _, _ in history.read_from(name, 1, 100)]


def fill(name: str, count: int) -> None:
    for number in range(count):
        publish(name, number)


def test_only_the_last_ones_stay() -> None:
    fill(RECENT, 8)
    fill(PRICES, 8)
    assert OldMessages()(timezone.now()) == 3
    assert seqs(RECENT) == [4, 5, 6, 7, 8] and len(seqs(PRICES)) == 8
    assert OldMessages()(timezone.now()) == 0
    assert publish(RECENT, 1) == 9


def test_what_is_past_its_time_goes() -> None:
    fill(RECENT, 3)
    fill(PRICES, 3)
    assert OldMessages()(timezone.now() + timedelta(seconds=61)) == 3
    assert seqs(RECENT) == [] and len(seqs(PRICES)) == 3
    assert publish(RECENT, 1) == 4  # its numbers go on


def test_a_sweep_is_bounded_and_the_next_ones_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_rules, "SLICE", 2)
    fill(RECENT, 10)
    rule = OldMessages()
    assert [rule(timezone.now()) for _ in range(4)] == [2, 2, 1, 0]
    assert seqs(RECENT) == [6, 7, 8, 9, 10]


def test_no_topic_waits_for_busy_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_rules, "_TOPICS", 1)
    names = ["tenant.a.recent", "tenant.b.recent", "tenant.c.recent"]
    rule = OldMessages()
    for _ in range(4):
        for name in names:
            fill(name, 6)
        rule(timezone.now())
    assert max(len(seqs(name)) for name in names) < 24


def test_a_log_that_does_not_reach_back_says_where_it_begins() -> None:
    fill(RECENT, 8)
    OldMessages()(timezone.now())
    page = TopicLog(RECENT).read(2, 10)
    assert page.skip is not None and page.skip.seq == 3
    assert '"first_seq":4' in page.skip.text and [frame.seq for frame in page.frames] == [4, 5, 6, 7, 8]
    assert TopicLog(RECENT).read(4, 10).skip is None


def test_an_empty_log_says_so_too() -> None:
    fill(RECENT, 3)
    TopicMessage.objects.all().delete()
    page = TopicLog(RECENT).read(1, 10)
    assert page.skip is not None and (page.skip.seq, page.frames) == (3, [])
    assert TopicLog(RECENT).read(4, 10).skip is None


def test_a_hole_inside_is_said_too() -> None:
    fill(PRICES, 6)
    TopicMessage.objects.filter(seq__in=[3, 4]).delete()
    page = TopicLog(PRICES).read(3, 10)
    assert page.skip is not None and page.skip.seq == 4


def test_a_topic_that_has_too_many_is_found_by_an_index() -> None:
    fill(RECENT, 2)
    assert history.with_too_many("", 10) == []
    Topic.objects.update(first_seq=1, last_seq=9, keep_messages=5)
    assert history.with_too_many("", 10) == [(RECENT, 5)]
