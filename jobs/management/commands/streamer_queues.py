"""``manage.py streamer_queues``: list queues, pause and resume them, and override limits while the service runs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.utils import timezone

from jobs.formatting import format_count, format_duration
from jobs.management.choosing import NOBODY, NOT_DONE, age
from jobs.management.explaining import AWAY, add_dry_run, add_json, add_verb, explain
from jobs.management.printing import print_json, print_table
from jobs.metrics.state import live_state
from jobs.metrics.summary import queues_of
from jobs.models import LimitKind, LimitOverride, PausedQueue
from jobs.queue.control.changes import NotLimited, WrongLimit, check_limit, remove_limit, set_limit, usual_limit
from jobs.queue.names import own_queues
from jobs.queue.pauses import NotPaused, UnknownQueue, count_waiting_in, pause_queue, resume_queue

_COLUMNS: Final = ("queue", "waiting", "oldest", "running", "limit", "workers", "state")
_MARK: Final = "command line"
_KINDS: Final = {
    "action": LimitKind.ACTION,
    "key_of": LimitKind.KEY_RUNNING,
    "key_minute_of": LimitKind.KEY_PER_MINUTE,
    "tenant": LimitKind.TENANT,
}


class Command(BaseCommand):
    help = "List queues, pause or resume one, or change a limit while the service runs."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, title="what to do", metavar="VERB")
        listing = add_verb(verbs, "list", "list the queues, and the limits that operators have changed")
        listing.add_argument(
            "--max-age",
            type=age,
            metavar="AGE",
            help="also end with 1 if a request that could run has waited longer, such as 30s, 5m or 1h",
        )
        pause = add_verb(verbs, "pause", "start no more requests of a queue; those that run already go on")
        resume = add_verb(verbs, "resume", "start requests of a paused queue again")
        for verb in (pause, resume):
            verb.add_argument("queue", metavar="QUEUE", help="name of the queue, such as default")
        limit = add_verb(verbs, "limit", "set a limit in place of the configured one, or remove it again")
        _add_limits(limit)
        for verb in (pause, limit):
            verb.add_argument("--reason", default="", help="a note for other operators, at most 255 characters")
        for verb in (pause, resume, limit):
            add_dry_run(verb, "what would change")
        for verb in (listing, pause, resume, limit):
            add_json(verb)
        explain(
            parser,
            examples={
                "streamer_queues list --max-age 5m": "List all; fail if a request has waited over 5 minutes.",
                "streamer_queues limit reports 2": "Run at most 2 requests of the queue 'reports' at once.",
                "streamer_queues limit --tenant acme --remove": "Let the configured limit of a tenant hold again.",
            },
            exits={
                0: "done",
                1: "list: a queue is paused, has no worker, or waits too long; otherwise there was nothing to do",
                2: AWAY,
            },
        )

    def handle(self, *, verb: str, **options: Any) -> None:
        verbs: dict[str, Callable[..., None]] = {
            "list": self._list,
            "pause": self._pause,
            "resume": self._resume,
            "limit": self._limit,
        }
        try:
            verbs[verb](**options)
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}", returncode=NOT_DONE) from None
        except (UnknownQueue, WrongLimit) as error:
            raise CommandError(str(error), returncode=NOT_DONE) from None
        except (NotPaused, NotLimited) as error:
            raise CommandError(str(error), returncode=NOBODY) from None

    def _list(self, *, as_json: bool, max_age: timedelta | None, **options: Any) -> None:
        queues = queues_of(live_state(timezone.now()))
        limits = list(LimitOverride.objects.all())
        if as_json:
            print_json(self, {"queues": queues, "limits": [_limit_json(row) for row in limits]})
        else:
            print_table(self, _COLUMNS, [_cells(queue) for queue in queues])
            for row in limits:
                self.stdout.write(f"{_about(row.kind, row.name)}: {row.number} {_instead_of(row.kind, row.name)}")
        if any(queue["workers"] is None for queue in queues):
            raise CommandError("Redis does not answer, so the workers are not known", returncode=NOT_DONE)
        is_late = max_age is not None and any(queue["lag_seconds"] > max_age.total_seconds() for queue in queues)
        if is_late or any(queue["paused"] or not queue["workers"] for queue in queues):
            raise SystemExit(NOBODY)

    def _pause(self, *, queue: str, reason: str, dry_run: bool, as_json: bool, **options: Any) -> None:
        if not dry_run:
            pause_queue(queue, reason=reason, paused_by=_MARK)
        elif queue not in own_queues():
            raise UnknownQueue(f"There is no queue '{queue}'; there are: {', '.join(own_queues())}")
        self._tell_queue(queue, "is paused", paused=True, dry_run=dry_run, as_json=as_json)

    def _resume(self, *, queue: str, dry_run: bool, as_json: bool, **options: Any) -> None:
        if not dry_run:
            resume_queue(queue)
        elif not PausedQueue.objects.filter(queue=queue).exists():
            raise NotPaused(f"'{queue}' is not paused")
        self._tell_queue(queue, "is resumed", paused=False, dry_run=dry_run, as_json=as_json)

    def _tell_queue(self, queue: str, done: str, *, paused: bool, dry_run: bool, as_json: bool) -> None:
        waiting = count_waiting_in(queue)
        if as_json:
            print_json(self, {"queue": queue, "paused": paused, "waiting": waiting, "dry_run": dry_run})
        else:
            said = done.replace("is ", "would be ") if dry_run else done
            self.stdout.write(f"Queue '{queue}' {said}; {waiting:,} waiting")

    def _limit(self, *, remove: bool, reason: str, dry_run: bool, as_json: bool, **options: Any) -> None:
        kind, name, number = _limit_of(options)
        if (number is None) != remove:
            raise CommandError("Give either a number or --remove", returncode=NOT_DONE)
        check_limit(kind, name, 1 if number is None else number)
        if not dry_run and number is not None:
            set_limit(kind, name, number, reason=reason, set_by=_MARK)
        elif not dry_run:
            remove_limit(kind, name)
        elif remove and not LimitOverride.objects.filter(kind=kind, name=name).exists():
            raise NotLimited(f"No operator has limited {_about(kind, name)}")
        usual = usual_limit(kind, name)
        if as_json:
            print_json(self, {"limit": kind, "name": name, "number": number, "usual": usual, "dry_run": dry_run})
        else:
            would = "would be " if dry_run else ""
            holds = (
                f"{would}{number} {_instead_of(kind, name)}" if number is not None else f"{would}{_usual(usual)} again"
            )
            self.stdout.write(f"{_about(kind, name)}: {holds}")


def _add_limits(parser: CommandParser) -> None:
    chosen = parser.add_argument_group("which limit", "Name a QUEUE, or give one of these options.")
    chosen.add_argument(
        "words",
        nargs="*",
        metavar="[QUEUE] NUMBER",
        help="the new limit, 1 or more; with a QUEUE, it limits the requests of that queue that run at once",
    )
    chosen.add_argument("--action", metavar="ACTION", help="requests of this action that run at once")
    chosen.add_argument(
        "--key-of", metavar="ACTION", help="requests of this action that run at once with the same limit key"
    )
    chosen.add_argument(
        "--key-minute-of",
        metavar="ACTION",
        help="requests of this action that start in a minute with the same limit key",
    )
    chosen.add_argument("--tenant", metavar="TENANT", help="requests of this tenant that run at once")
    chosen.add_argument(
        "--each-tenant",
        action="store_true",
        help="requests of each tenant that run at once, unless it has its own limit",
    )
    chosen.add_argument("--each-user", action="store_true", help="requests of each user that run at once")
    parser.add_argument("--remove", action="store_true", help="remove the limit that an operator has set")


def _limit_of(options: dict[str, Any]) -> tuple[LimitKind, str, int | None]:
    """Read which limit is meant, and its number. Raises ``CommandError``."""
    words: list[str] = list(options["words"])
    number = int(words.pop()) if words and words[-1].isdecimal() and len(words[-1]) < 7 else None
    meant = [(kind, options[name]) for name, kind in _KINDS.items() if options[name]]
    meant += [(LimitKind.TENANT, "")] * options["each_tenant"] + [(LimitKind.USER, "")] * options["each_user"]
    meant += [(LimitKind.QUEUE, word) for word in words]
    if len(meant) != 1:
        raise CommandError(
            "Name one limit, by a queue or by one option such as --action, and the number", returncode=NOT_DONE
        )
    ((kind, name),) = meant
    return kind, name, number


def _about(kind: str, name: str) -> str:
    label = str(LimitKind(kind).label)
    for what in ("queue", "action", "tenant"):
        if name and f"the {what}" in label:
            return label.partition(";")[0].replace(f"the {what}", f"{what} '{name}'")
    return label.replace("of the tenant", "of each tenant").partition(";")[0]


def _instead_of(kind: str, name: str) -> str:
    return f"instead of {_usual(usual_limit(LimitKind(kind), name))}"


def _usual(number: int | None) -> str:
    return "no limit" if number is None else str(number)


def _limit_json(row: LimitOverride) -> dict[str, Any]:
    return {
        "limit": row.kind,
        "name": row.name,
        "number": row.number,
        "usual": usual_limit(LimitKind(row.kind), row.name),
        "set_at": row.set_at.isoformat(),
        "set_by": row.set_by,
        "reason": row.reason,
    }


def _cells(queue: dict[str, Any]) -> list[str]:
    state = "served"
    if queue["paused"]:
        state = ", ".join(filter(None, (f"paused by {queue['paused_by'] or 'somebody'}", queue["reason"])))
    elif queue["workers"] == 0:
        state = "no worker"
    return [
        queue["queue"],
        format_count(queue["waiting"]),
        format_duration(queue["oldest_seconds"]) if queue["waiting"] else "–",
        format_count(queue["running"]),
        "–" if queue["limit"] is None else str(queue["limit"]),
        "?" if queue["workers"] is None else str(queue["workers"]),
        state,
    ]
