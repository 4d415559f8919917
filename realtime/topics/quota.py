"""The most topics with a history that clients of a tenant may begin: ``STREAMER_MAX_HISTORIES_PER_TENANT``.

Else a client that may publish below a pattern could fill the disk, with a new name for each message.
"""

from typing import Final

from django.conf import settings

from realtime.models import Topic
from realtime.topics.refusals import TooManyTopics

_MAX_KNOWN: Final = 10_000
# Topics that exist: their rows stay for good.
_known: dict[str, None] = {}


def demand_room(name: str, tenant_id: str) -> None:
    """Raise ``TooManyTopics`` if the topic would be a new one above the limit. Asks the database about new names."""
    if name in _known:
        return
    most = settings.STREAMER_MAX_HISTORIES_PER_TENANT
    if not Topic.objects.filter(name=name).exists() and Topic.objects.filter(tenant_id=tenant_id).count() >= most:
        raise TooManyTopics(most)
    if len(_known) >= _MAX_KNOWN:
        _known.clear()
    _known[name] = None
