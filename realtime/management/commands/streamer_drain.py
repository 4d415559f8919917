"""``manage.py streamer_drain``: empty this host, or one web process, before it is stopped."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import redis
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from jobs.management.choosing import seconds
from jobs.management.explaining import AWAY, add_dry_run, add_json, explain
from jobs.management.printing import print_json
from jobs.queue.control.drains import order_drain
from jobs.queue.health.workers import list_workers
from jobs.queue.presence import host_name
from realtime.management.reaching import NOBODY, NOT_DONE, counted
from realtime.sending.draining import drain_processes, is_alive, open_sockets, processes_of, this_host, to_drain

_LOOK_SECONDS: Final = 0.5


class Command(BaseCommand):
    help = (
        "Empty this host before it is stopped. Its web processes stop being ready and send their clients to other "
        "hosts; its workers take no new request, finish what they run, and leave."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--process",
            metavar="NAME",
            help="drain this web process alone, on any host; streamer_connections list prints the names",
        )
        parser.add_argument("--web", action="store_true", help="drain the web processes of this host, not its workers")
        parser.add_argument(
            "--wait",
            type=seconds,
            metavar="SECONDS",
            help="wait until all is empty, for at most SECONDS (default: do not wait)",
        )
        add_dry_run(parser, "what would be drained")
        add_json(parser)
        explain(
            parser,
            examples={"streamer_drain --wait 60": "Empty this host, and wait up to a minute for that."},
            exits={0: "done, or nothing to drain", 1: "not empty in time, or no such web process", 2: AWAY},
        )

    def handle(
        self,
        *,
        process: str | None,
        web: bool,
        wait: float | None,
        dry_run: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        try:
            processes = [process] if process else processes_of(this_host())
            if process and not is_alive(process):
                raise CommandError(f"There is no web process '{process}'", returncode=NOBODY)
            workers = [] if process or web else _workers_here()
            if not dry_run:
                if not drain_processes(processes):
                    raise CommandError("Redis does not answer; nothing is drained", returncode=NOT_DONE)
                order_drain(workers)
            sockets, left = _look(processes, workers, 0.0 if dry_run else wait)
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}", returncode=NOT_DONE) from None
        except redis.RedisError as error:
            raise CommandError(f"Redis does not answer: {error}", returncode=NOT_DONE) from None
        if as_json:
            found = [{"process": name, "sockets": count} for name, count in sockets.items()]
            print_json(self, {"processes": found, "workers": workers, "workers_left": left, "dry_run": dry_run})
        else:
            self._tell(sockets, workers, left, dry_run=dry_run)
        if wait is not None and not dry_run and (left or any(sockets.values())):
            raise SystemExit(NOBODY)

    def _tell(self, sockets: Mapping[str, int], workers: Sequence[str], left: Sequence[str], *, dry_run: bool) -> None:
        verb = "Would drain" if dry_run else "Draining"
        for name, count in sockets.items():
            self.stdout.write(f"{verb} {name}: {counted(count, 'socket is', 'sockets are')} still open")
        for name in workers:
            self.stdout.write(f"{verb} worker {name}: {'still there' if name in left else 'has left'}")
        if not sockets and not workers:
            self.stdout.write(f"There is nothing to drain on {this_host()}")


def _workers_here() -> list[str]:
    return [worker.name for worker in list_workers() if worker.host == host_name() and worker.state != "silent"]


def _look(
    processes: Sequence[str], workers: Sequence[str], wait_seconds: float | None
) -> tuple[Mapping[str, int], list[str]]:
    """Return the open sockets of each process and the workers that are still there, once none is or the time is over.

    A process counts only once it has begun to drain, because a socket may open until then.
    """
    give_up_at = time.monotonic() + (wait_seconds or 0.0)
    while True:
        has_begun = not to_drain(processes)
        sockets = open_sockets(processes)
        left = sorted({worker.name for worker in list_workers()} & set(workers)) if workers else []
        is_empty = has_begun and not left and not any(sockets.values())
        if is_empty or time.monotonic() >= give_up_at:
            return sockets, left
        time.sleep(min(_LOOK_SECONDS, max(0.0, give_up_at - time.monotonic())))
