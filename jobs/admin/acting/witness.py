"""The entries in the admin's log of what an operator's act did to single requests."""

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry

from jobs.models import AsyncRequest, OperatorAct, Status
from jobs.operations.tally import Tally


def log_step(act: OperatorAct, tally: Tally) -> None:
    """Record who acted in the history of each request that was chosen by hand.

    An act on a filter has one entry of its own: a hundred thousand entries would bury all others.
    """
    if not act.actor_key or "ids" not in act.selection:
        return
    for row in tally.changed:
        _log(act, row, CHANGE, _words(act, row, tally))
    made = AsyncRequest.objects.defer("payload", "result", "metadata", "resume_state").in_bulk(tally.made)
    for old_id, new_id in tally.repeats.items():
        if new := made.get(new_id):
            _log(act, new, ADDITION, f"Run again, from {old_id}")


def log_begin(act: OperatorAct, label: str, count: str) -> None:
    """Record the act itself: the verb, the filter and the number of requests."""
    if act.actor_key:
        _log(act, act, CHANGE, f"{label}: {act.target} ({count})")


def _log(act: OperatorAct, row: AsyncRequest | OperatorAct, flag: int, message: str) -> None:
    LogEntry.objects.log_actions(act.actor_key, [row], flag, change_message=message)


def _words(act: OperatorAct, row: AsyncRequest, tally: Tally) -> str:
    if row.id in tally.repeats:
        return f"Run again as {tally.repeats[row.id]}"
    if act.verb == "cancel":
        return "Cancelled" if row.status == Status.CANCELLED else "Asked to stop"
    return f"Priority {act.argument or 0}" if act.verb == "priority" else "Tried again now"
