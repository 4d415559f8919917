"""Changes to the limits that hold while the service runs."""

from typing import Final

from django.conf import settings
from django.db import transaction

from jobs.contract.registry import all_handlers, find_handler
from jobs.models import WAITING, AsyncRequest, LimitKind, LimitOverride
from jobs.queue.control.overrides import forget
from jobs.queue.names import own_queues
from jobs.queue.wakeups import ring

# One change wakes at most this many workers; each wakes another when its shift is over.
_RINGS = 50
_ACTIONS: Final = (LimitKind.ACTION, LimitKind.KEY_RUNNING, LimitKind.KEY_PER_MINUTE)
_USUAL_OF_HANDLER: Final = {
    LimitKind.ACTION: "max_running",
    LimitKind.KEY_RUNNING: "limit_running",
    LimitKind.KEY_PER_MINUTE: "limit_per_minute",
}


class WrongLimit(Exception):
    """The limit is about nothing that there is, or its number is too small. The text says which."""


class NotLimited(Exception):
    """The limit cannot be removed, because no operator has set it."""


def check_limit(kind: LimitKind, name: str, number: int = 1) -> None:
    """Raise ``WrongLimit`` unless such a limit can be set."""
    if number < 1:
        raise WrongLimit("A limit is at least 1. To start nothing, pause the queue or the action")
    if kind == LimitKind.QUEUE and name not in own_queues():
        raise WrongLimit(f"There is no queue '{name}'; there are: {', '.join(own_queues())}")
    if kind in _ACTIONS and name not in all_handlers():
        raise WrongLimit(f"There is no action '{name}'; there are: {', '.join(all_handlers())}")
    if kind == LimitKind.USER and name:
        raise WrongLimit("The limit of users is one for all of them, and has no name")


def set_limit(kind: LimitKind, name: str, number: int, *, reason: str = "", set_by: str = "") -> LimitOverride:
    """Have a limit hold instead of the usual one, in all processes within two seconds. What runs, runs on.

    Raises ``WrongLimit``.
    """
    check_limit(kind, name, number)
    with transaction.atomic():
        row, _ = LimitOverride.objects.update_or_create(
            kind=kind, name=name, defaults={"number": number, "reason": reason[:255], "set_by": set_by[:150]}
        )
        _take_effect()
    return row


def remove_limit(kind: LimitKind, name: str) -> None:
    """Have the usual limit hold again. Raises ``NotLimited``."""
    with transaction.atomic():
        if not LimitOverride.objects.filter(kind=kind, name=name).delete()[0]:
            raise NotLimited(f"No operator has limited {kind} '{name}'" if name else f"No operator has limited {kind}")
        _take_effect()


def usual_limit(kind: LimitKind, name: str) -> int | None:
    """Return the limit that holds where no operator has set one; None without one."""
    if kind in _ACTIONS:
        handler = find_handler(name)
        number: int | None = getattr(handler, _USUAL_OF_HANDLER[kind]) if handler else None
        return number
    if kind == LimitKind.TENANT:
        return int(settings.STREAMER_MAX_RUNNING_PER_TENANT)
    return int(settings.STREAMER_MAX_RUNNING_PER_USER) if kind == LimitKind.USER else None


def _take_effect() -> None:
    """Have this process know the change at once, and wake workers for what it lets start."""
    forget()
    rows = AsyncRequest.objects.filter(status__in=WAITING).order_by()
    queues = list(rows.values_list("queue", flat=True)[:_RINGS])

    def tell() -> None:
        forget()  # others of this process may have read the table before the commit
        ring(queues)

    transaction.on_commit(tell, robust=True)
