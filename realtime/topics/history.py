"""The history of topics: numbered messages, and the only code that adds them.

One statement gives the number and one inserts the message, in one transaction; on PostgreSQL both are one statement.
Values are prepared before, so that no lock is held while Python thinks.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache

from django.db import connection, transaction
from django.db.models import F

from jobs.columns import columns, saved, table
from jobs.contract.topics import TopicHistory
from realtime.models import Topic, TopicMessage

_TOPIC = ("name", "last_seq", "first_seq", "keep_messages", "tenant_id")
_MESSAGE = ("topic", "seq", "data", "created_at", "expires_at")
Kept = tuple[int, datetime, str]
"""Number, time and data, as JSON, of a message."""


def append(name: str, data: str, history: TopicHistory, now: datetime, tenant_id: str = "") -> int:
    """Store a message, and return its number, the next of its topic. ``data`` is JSON.

    ``tenant_id``: that of the client that publishes, to whom a new topic is counted.
    """
    keep = history.messages
    expires_at = None if history.seconds is None else now + timedelta(seconds=history.seconds)
    created, expires = saved(TopicMessage, "created_at", now), saved(TopicMessage, "expires_at", expires_at)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_both(), [name, keep, tenant_id, name, data, created, expires])
            return int(cursor.fetchone()[0])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_number(), [name, keep, tenant_id])
        seq = int(cursor.fetchone()[0])
        cursor.execute(_insert("VALUES (%s, %s, %s, %s, %s)"), [name, seq, data, created, expires])
    return seq


def read_from(name: str, next_seq: int, limit: int) -> list[Kept]:
    """Read the messages numbered ``next_seq`` and above that are kept, in order, at most ``limit`` of them."""
    rows = TopicMessage.objects.filter(topic=name, seq__gte=next_seq).order_by("seq")
    return list(rows.values_list("seq", "created_at", "data")[:limit])


def last_seqs(names: Collection[str]) -> Mapping[str, int]:
    """Look up the last number of each topic that has had a message."""
    return dict(Topic.objects.filter(name__in=names).values_list("name", "last_seq"))


def last_seq(name: str) -> int:
    """Return the last number of a topic, 0 before its first message."""
    return last_seqs([name]).get(name, 0)


def forget(name: str, below: int, limit: int) -> int:
    """Delete messages with a lower number, the oldest first and at most ``limit`` of them. Return their number."""
    old = TopicMessage.objects.filter(topic=name, seq__lt=below).order_by("seq")
    ids = list(old.values_list("id", flat=True)[:limit])
    with transaction.atomic():
        deleted, _ = TopicMessage.objects.filter(id__in=ids).delete()
        if len(ids) < limit:
            Topic.objects.filter(name=name, first_seq__lt=below).update(first_seq=below)
    return deleted


def with_too_many(after: str, limit: int) -> list[tuple[str, int]]:
    """List topics that have more messages than they keep, from the name ``after`` on, with the number that stays."""
    rows = Topic.objects.filter(last_seq__gte=F("first_seq") + F("keep_messages"), name__gt=after).order_by("name")
    return [
        (name, last - keep + 1) for name, last, keep in rows.values_list("name", "last_seq", "keep_messages")[:limit]
    ]


def with_expired(now: datetime, limit: int) -> list[tuple[str, int]]:
    """List topics that have messages past their time, each with the number after some of these."""
    rows = TopicMessage.objects.filter(expires_at__lte=now).order_by("expires_at").values_list("topic", "seq")[:limit]
    ends: dict[str, int] = {}
    for name, seq in rows:
        ends[name] = max(seq + 1, ends.get(name, 0))
    return list(ends.items())


# --- texts that never change -----------------------------------------------------------------------------------------


@cache
def _number() -> str:
    """Return the statement that takes the next number. It locks the topic's row until the transaction ends."""
    topics = table(Topic)
    return (
        f"INSERT INTO {topics} ({columns(Topic, _TOPIC)}) VALUES (%s, 1, 1, %s, %s) "
        f"ON CONFLICT ({columns(Topic, ['name'])}) DO UPDATE SET last_seq = {topics}.last_seq + 1, "
        "keep_messages = EXCLUDED.keep_messages RETURNING last_seq"
    )


@cache
def _insert(source: str) -> str:
    return f"INSERT INTO {table(TopicMessage)} ({columns(TopicMessage, _MESSAGE)}) {source}"


@cache
def _both() -> str:
    source = "SELECT %s, last_seq, %s, %s, %s FROM numbered RETURNING seq"
    return f"WITH numbered AS ({_number()}) {_insert(source)}"
