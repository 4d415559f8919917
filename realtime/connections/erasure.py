"""Erases the records of the connections of one user or one tenant, and their places in topics."""

from django.db.models import Q

from realtime.models import Connection, TopicMember

_SLICE = 1_000


def count_connections(where: Q) -> int:
    return Connection.objects.filter(where).count()


def erase_connections(where: Q) -> int:
    """Delete the rows of connections that have closed, in slices. Return the number of those that are open."""
    closed = Connection.objects.filter(where, closed_at__isnull=False).order_by("id")
    while ids := list(closed.values_list("id", flat=True)[:_SLICE]):
        Connection.objects.filter(id__in=ids).delete()
    return Connection.objects.filter(where, closed_at__isnull=True).count()


def erase_memberships(user_id: str) -> None:
    """Take the user out of the topics that show who is there. Whoever is still connected comes back in."""
    TopicMember.objects.filter(user_id=user_id).delete()
