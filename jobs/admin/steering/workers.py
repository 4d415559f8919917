"""The page of workers: what each runs, since when, and with how much memory, with a button that has it leave."""

from typing import Any, Final

import redis
from django.contrib import messages
from django.http import HttpRequest
from django.utils.safestring import SafeString

from jobs.admin.detail.bulk import request_link
from jobs.admin.formatting import NOTHING, badge, when
from jobs.admin.overview.snapshot import forget
from jobs.admin.steering.live_page import LivePageAdmin
from jobs.formatting import format_bytes
from jobs.queue.control.drains import order_drain
from jobs.queue.health.workers import WorkerState, list_workers, unserved

_DRAIN: Final = "jobs.drain_worker"


class WorkerAdmin(LivePageAdmin):
    page_template = "admin/jobs/worker/workers.html"
    page_title = "Workers"

    def rows(self, request: HttpRequest) -> dict[str, Any]:
        user: Any = request.user
        try:
            workers = list_workers()
        except redis.RedisError:
            return {"workers": None}
        with_history = self.with_history([worker.name for worker in workers])
        shown = [{**_shown(worker), "has_history": worker.name in with_history} for worker in workers]
        return {"workers": shown, "unserved": unserved(workers), "may_drain": user.has_perm(_DRAIN)}

    def obey(self, request: HttpRequest) -> None:
        self.ask(request, _DRAIN)
        name = request.POST.get("worker", "")
        try:
            if not any(worker.name == name and worker.state != "silent" for worker in list_workers()):
                self.message_user(request, f"There is no worker '{name}' any more.", messages.WARNING)
                return
            order_drain([name])
        except redis.RedisError:
            self.message_user(request, "Redis does not answer. Nobody was told.", messages.ERROR)
            return
        self.note(request, name, "Drained")
        forget()
        self.message_user(request, f"Worker {name} finishes what it runs, and leaves.")


def worker_badge(worker: WorkerState) -> SafeString:
    if worker.state == "busy":
        return badge("processing", "Busy")
    if worker.state == "draining":
        return badge("stopping", "Draining", "It takes no new request, and leaves.")
    if worker.state == "silent":
        return badge("failed", "Silent", "It shows no sign of life. What it ran is taken over.")
    return badge("open", "Idle")


def _shown(worker: WorkerState) -> dict[str, Any]:
    run = worker.run
    return {
        "name": worker.name,
        "state": worker_badge(worker),
        "can_leave": worker.state in ("idle", "busy"),
        "since": when(worker.started_at),
        "runs": run.name if run else "nothing",
        "request": request_link(run.id) if run else "",
        "run_since": when(run.attempt_started_at if run else None),
        "memory": NOTHING if worker.memory_bytes is None else format_bytes(worker.memory_bytes),
        "queues": ", ".join(worker.queues) or NOTHING,
    }
