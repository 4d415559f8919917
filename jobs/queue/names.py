"""The RQ queues that are Streamer's: a project may keep jobs of its own in others."""

from django.conf import settings

from jobs.contract.registry import all_handlers


def own_queues() -> tuple[str, ...]:
    """List the queues of ``RQ_QUEUES`` that a handler names or ``STREAMER_QUEUES`` adds, in the order of ``RQ_QUEUES``.

    Streamer looks into no other queue.
    """
    named = {handler.queue for handler in all_handlers().values()} | set(settings.STREAMER_QUEUES)
    return tuple(name for name in settings.RQ_QUEUES if name in named)
