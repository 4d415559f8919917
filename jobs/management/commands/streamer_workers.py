"""``manage.py streamer_workers``: list the live workers, show one, have some finish what they run and leave."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import redis
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from jobs.admin.formatting import relative
from jobs.formatting import format_bytes, format_duration
from jobs.management.choosing import NOBODY, NOT_DONE, seconds
from jobs.management.explaining import AWAY, add_dry_run, add_json, add_verb, explain
from jobs.management.printing import print_json, print_table
from jobs.queue.control.drains import order_drain
from jobs.queue.health.workers import WorkerState, await_left, list_workers, unserved
from jobs.queue.presence import host_name

_COLUMNS: Final = ("worker", "state", "since", "runs", "for", "memory", "queues")
_SPARE: Final = ("memory", "since")


class Command(BaseCommand):
    help = "List the workers that live, show one, or drain some: they finish what they run, and leave."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, title="what to do", metavar="VERB")
        listing = add_verb(verbs, "list", "list the workers that live, with what each runs")
        show = add_verb(verbs, "show", "show one worker, and the request that it runs")
        show.add_argument("worker", metavar="NAME", help="name of the worker, such as host-2/3")
        drain = add_verb(verbs, "drain", "have workers take no new request, finish what they run, and leave")
        drain.add_argument(
            "names",
            nargs="*",
            metavar="NAME",
            help="a worker, such as host-2/3, or a host, such as host-2, for all there",
        )
        drain.add_argument("--here", action="store_true", help="all workers of this host, in place of names")
        drain.add_argument(
            "--wait",
            type=seconds,
            metavar="SECONDS",
            help="wait until they have left, for at most SECONDS (default: do not wait)",
        )
        add_dry_run(drain, "which workers would leave")
        for verb in (listing, show, drain):
            add_json(verb)
        explain(
            parser,
            examples={"streamer_workers drain host-2 --wait 600": "Empty a host, and wait up to 10 minutes for that."},
            exits={
                0: "done; list: every queue has a worker",
                1: "list: a queue has no worker; show, drain: no such worker, or not all have left in time",
                2: AWAY,
            },
        )

    def handle(self, *, verb: str, **options: Any) -> None:
        verbs: dict[str, Callable[..., None]] = {"list": self._list, "show": self._show, "drain": self._drain}
        try:
            verbs[verb](**options)
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}", returncode=NOT_DONE) from None
        except redis.RedisError as error:
            raise CommandError(f"Redis does not answer: {error}", returncode=NOT_DONE) from None

    def _list(self, *, as_json: bool, **options: Any) -> None:
        workers = list_workers()
        missing = unserved(workers)
        if as_json:
            fields = {"workers": [worker.as_json() for worker in workers], "queues_without_worker": missing}
            print_json(self, fields)
        else:
            if workers:
                print_table(self, _COLUMNS, [_cells(worker) for worker in workers], spare=_SPARE)
            self.stdout.write(f"No worker for: {', '.join(missing)}" if missing else "Every queue has a worker")
        if missing:
            raise SystemExit(NOBODY)

    def _show(self, *, worker: str, as_json: bool, **options: Any) -> None:
        found = next((one for one in list_workers() if one.name == worker), None)
        if found is None:
            raise CommandError(f"There is no worker '{worker}'", returncode=NOBODY)
        fields = found.as_json()
        if as_json:
            print_json(self, fields)
            return
        for name, value in fields.items():
            shown = ", ".join(value) if isinstance(value, list) else value
            self.stdout.write(f"{name:<16} {'–' if shown in (None, '') else shown}")

    def _drain(
        self, *, names: list[str], here: bool, wait: float | None, dry_run: bool, as_json: bool, **options: Any
    ) -> None:
        if bool(names) == here:
            raise CommandError("Name workers or hosts, or give --here", returncode=NOT_DONE)
        chosen = _chosen([host_name()] if here else names, list_workers())
        left: Collection[str] = ()
        if not dry_run:
            order_drain(chosen)
            left = chosen if wait is None else await_left(chosen, wait)
        if as_json:
            print_json(self, {"workers": chosen, "still_there": sorted(left) if wait is not None else None})
        else:
            told = {True: "Would leave", False: "Told to leave"}[dry_run]
            self.stdout.write(f"{told}: {', '.join(chosen)}")
            if wait is not None and not dry_run:
                self.stdout.write(f"Still there: {', '.join(sorted(left))}" if left else "All have left")
        if wait is not None and left:
            raise SystemExit(NOBODY)


def _chosen(names: Sequence[str], workers: Sequence[WorkerState]) -> list[str]:
    """Return the live workers of these names and hosts. Raises ``CommandError`` for a name without one."""
    chosen: list[str] = []
    for name in names:
        found = [one.name for one in workers if name in (one.name, one.host) and one.state != "silent"]
        if not found:
            raise CommandError(f"There is no worker or host '{name}'", returncode=NOBODY)
        chosen += found
    return list(dict.fromkeys(chosen))


def _cells(worker: WorkerState) -> list[str]:
    run, fields = worker.run, worker.as_json()
    return [
        worker.name,
        worker.state,
        relative(worker.started_at) if worker.started_at else "–",
        f"{run.action} {str(run.id)[:8]}" if run else "–",
        "–" if fields["running_seconds"] is None else format_duration(fields["running_seconds"]),
        "–" if worker.memory_bytes is None else format_bytes(worker.memory_bytes),
        ", ".join(worker.queues) or "–",
    ]
