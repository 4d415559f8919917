"""The rows of presence: one for each user, topic and web process, however many sockets the user has there."""

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from jobs.log.publishing import send_hints
from realtime.connections.processes import SILENCE
from realtime.models import TopicMember, WebProcess
from realtime.topics.names import presence_group

Member = tuple[str, str]
"""Topic and user."""


def present(topic: str) -> list[str]:
    """List the users who follow a topic with presence now, sorted."""
    return sorted({user_id for _, user_id, _ in read([topic])})


def write(come: Iterable[Member], gone: Iterable[Member]) -> None:
    """Store who has come to, and left, topics on this process. Both may be known already."""
    come, gone = sorted(come), sorted(gone)
    server = settings.STREAMER_SERVER_ID
    rows = [TopicMember(topic=topic, user_id=user_id, server=server) for topic, user_id in come]
    with transaction.atomic():
        TopicMember.objects.bulk_create(rows, ignore_conflicts=True, batch_size=200)
        for topic, members in groupby(gone, key=lambda member: member[0]):
            users = [user_id for _, user_id in members]
            TopicMember.objects.filter(topic=topic, user_id__in=users, server=server).delete()
    tell({topic for topic, _ in [*come, *gone]})


def read(topics: Collection[str]) -> list[tuple[str, str, bool]]:
    """List topic, user, and True if it is by this process, of all who are there. Dead processes have nobody."""
    own = settings.STREAMER_SERVER_ID
    rows = TopicMember.objects.filter(topic__in=topics).exclude(~Q(server=own) & Q(Exists(_dead(timezone.now()))))
    found = rows.values_list("topic", "user_id", "server")
    return [(topic, user_id, server == own) for topic, user_id, server in found]


def delete_dead(now: datetime, limit: int) -> int:
    """Delete the rows of dead processes, and have the others tell who is gone. Return the number of rows."""
    # A process writes its own row within about a second, and may write its first member before.
    is_unknown = ~Q(Exists(WebProcess.objects.filter(id=OuterRef("server")))) & Q(since__lte=now - SILENCE)
    rows = TopicMember.objects.filter(Q(Exists(_dead(now))) | is_unknown)
    dead = list(rows.values_list("id", "topic")[:limit])
    deleted, _ = TopicMember.objects.filter(id__in=[row_id for row_id, _ in dead]).delete()
    tell({topic for _, topic in dead})
    return deleted


def tell(topics: Iterable[str]) -> None:
    """Tell all processes whose clients follow these topics to look who is there."""
    hints = [(presence_group(topic), {"type": "presence.changed", "topic": topic}) for topic in topics]
    if hints:
        send_hints(hints)


def _dead(now: datetime) -> QuerySet[WebProcess]:
    ended = Q(ended_at__isnull=False) | Q(last_seen_at__lte=now - SILENCE)
    return WebProcess.objects.filter(ended, id=OuterRef("server"))
