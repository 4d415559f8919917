"""The page of queues: what waits and runs, with forms that pause, resume and limit each."""

from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.utils import timezone

from jobs.admin.formatting import NOTHING, badge, when
from jobs.admin.overview.snapshot import forget
from jobs.admin.steering.live_page import LivePageAdmin
from jobs.formatting import format_count, format_duration
from jobs.metrics.state import live_state
from jobs.metrics.summary import queues_of
from jobs.models import LimitKind
from jobs.queue.control.changes import NotLimited, WrongLimit, remove_limit, set_limit
from jobs.queue.pauses import NotPaused, UnknownQueue, pause_queue, resume_queue

_PERMISSIONS: Final = {
    "pause": "jobs.add_pausedqueue",
    "resume": "jobs.delete_pausedqueue",
    "limit": "jobs.add_limitoverride",
    "unlimit": "jobs.delete_limitoverride",
}
_MAX_DIGITS: Final = 6


class PausedQueueAdmin(LivePageAdmin):
    page_template = "admin/jobs/pausedqueue/queues.html"
    page_title = "Queues"

    def rows(self, request: HttpRequest) -> dict[str, Any]:
        user: Any = request.user
        queues = queues_of(live_state(timezone.now()))
        with_history = self.with_history([queue["queue"] for queue in queues])
        return {
            "queues": [{**_shown(queue), "has_history": queue["queue"] in with_history} for queue in queues],
            "may": {verb: user.has_perm(permission) for verb, permission in _PERMISSIONS.items()},
        }

    def obey(self, request: HttpRequest) -> None:
        verb, queue = request.POST.get("verb", ""), request.POST.get("queue", "")
        if verb not in _PERMISSIONS:
            raise BadRequest("No such verb")
        self.ask(request, _PERMISSIONS[verb])
        try:
            act, flag = self._do(request, verb, queue)
        except (UnknownQueue, WrongLimit, NotPaused, NotLimited) as error:
            self.message_user(request, str(error), messages.WARNING)
            return
        self.note(request, queue, act, flag)
        forget()
        self.message_user(request, f"Queue '{queue}': {act[0].lower()}{act[1:]}.")

    def _do(self, request: HttpRequest, verb: str, queue: str) -> tuple[str, int]:
        """Do it. Return what was done, and the kind of entry in the log."""
        operator, reason = request.user.get_username(), request.POST.get("reason", "").strip()
        if verb == "pause":
            pause_queue(queue, reason=reason, paused_by=operator)
            return f"Paused: {reason}" if reason else "Paused", ADDITION
        if verb == "resume":
            resume_queue(queue)
            return "Resumed", DELETION
        if verb == "unlimit":
            remove_limit(LimitKind.QUEUE, queue)
            return "Runs as many requests as there are workers", CHANGE
        text = request.POST.get("number", "")
        number = int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else 0
        set_limit(LimitKind.QUEUE, queue, number, reason=reason, set_by=operator)
        return f"Runs at most {number} at once", CHANGE


def _shown(queue: dict[str, Any]) -> dict[str, Any]:
    """Return a queue as the template shows it."""
    paused_at = queue["paused_at"]
    workers = queue["workers"]
    if queue["paused"]:
        state = badge("stopping", "Paused")
    elif workers == 0:
        state = badge("failed", "No worker")
    else:
        state = badge("open", "Served") if workers else badge("", "Not known", "Redis does not answer.")
    return {
        "name": queue["queue"],
        "state": state,
        "is_paused": queue["paused"],
        "paused_at": when(datetime.fromisoformat(paused_at)) if paused_at else "",
        "paused_by": queue["paused_by"],
        "reason": queue["reason"],
        "waiting": format_count(queue["waiting"]),
        "oldest": format_duration(queue["oldest_seconds"]) if queue["waiting"] else NOTHING,
        "running": format_count(queue["running"]),
        "workers": "not known" if workers is None else format_count(workers),
        "limit": queue["limit"],
    }
