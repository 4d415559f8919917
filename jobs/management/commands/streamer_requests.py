"""``manage.py streamer_requests``: list, show and follow requests, and the verbs of operators."""

import json
import sys
import time
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from jobs.admin.formatting import relative
from jobs.formatting import format_duration, format_status
from jobs.log.events import Event, read_after
from jobs.management.choosing import NOBODY, NOT_DONE, add_filters, chosen, filters_of
from jobs.management.explaining import add_dry_run, add_json, add_verb, explain
from jobs.management.printing import print_table
from jobs.models import AsyncRequest
from jobs.operations.acts import SLICE, begin, carry_on, stop
from jobs.operations.audit import command_actor
from jobs.operations.selection import Selection
from jobs.operations.tally import count_words, is_complete, requests_in
from jobs.operations.verbs import MAX_PRIORITY, VERBS, Verb
from jobs.requests.reads import brief_snapshot, explained

_LOOK_SECONDS: Final = 0.5
_COLUMNS: Final = ("request", "action", "status", "done", "user", "tenant", "submitted", "took", "title", "message")
_MAX_TEXT: Final = 60
_MAX_LISTED: Final = 1_000_000
_SPARE: Final = ("tenant", "action", "took", "user", "submitted", "message", "done")
_HELP: Final = {
    "cancel": "cancel requests that wait, and ask running ones to stop",
    "retry": "run failed and cancelled requests again as new ones; start the next attempt of retrying ones now",
    "replay": "run finished requests again as new ones, completed ones too",
    "priority": "move waiting requests forward in their queue",
    "prune": "delete finished requests with their logs and files, for good",
}


class Command(BaseCommand):
    help = (
        "List requests, show or follow one; cancel, retry, replay, prioritise or delete some. For the last five, name "
        "requests by their ids or give filters; --dry-run shows first how many it would be. "
        "'streamer_requests VERB --help' lists the options of each."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, title="what to do", metavar="VERB")
        listing = add_verb(verbs, "list", "list requests, the newest first")
        listing.add_argument("--limit", type=int, default=50, help="list at most LIMIT requests (default: 50)")
        show = add_verb(verbs, "show", "show all that is known of one request, and why it waits")
        tail = add_verb(verbs, "tail", "print the messages of one request as they come, until its end")
        for verb in (show, tail):
            verb.add_argument("request", type=UUID, metavar="ID", help="id of the request")
        acts = [add_verb(verbs, name, _HELP[name]) for name in VERBS]
        for verb in acts:
            verb.add_argument(
                "requests", type=UUID, metavar="ID", nargs="*", help="ids of requests, in place of filters"
            )
            add_dry_run(verb, "how many requests it would be, and the id of one")
        acts[list(VERBS).index("priority")].add_argument(
            "--to",
            type=_priority,
            required=True,
            metavar="SECONDS",
            help=f"the new head start in seconds, 0 to {MAX_PRIORITY}; 0 takes a head start away (required)",
        )
        for verb in (listing, *acts):
            add_filters(verb)
        for verb in (listing, show, tail, *acts):
            add_json(verb)
        explain(
            parser,
            examples={
                "streamer_requests list --status failed --since 1h": "List what failed of the last hour's requests.",
                "streamer_requests cancel --user bob --status live --dry-run": "See what a cancel would end.",
            },
            exits={
                0: "done; tail: the request completed",
                1: "nothing was found, or not all was done; tail: the request failed or was cancelled",
                2: "wrong arguments",
            },
        )

    def handle(self, *, verb: str, **options: Any) -> None:
        verbs: dict[str, Callable[..., None]] = {
            "list": self._list,
            "show": self._show,
            "tail": self._tail,
        }
        if verb in VERBS:
            self._do(VERBS[verb], **options)
        else:
            verbs[verb](**options)

    def _list(self, *, limit: int, as_json: bool, **options: Any) -> None:
        if not 1 <= limit <= _MAX_LISTED:
            raise CommandError(f"--limit is at least 1, and at most {_MAX_LISTED:,}", returncode=NOT_DONE)
        rows = filters_of(options).newest(limit)
        if as_json:
            self._write([{**brief_snapshot(row), **_owner(row)} for row in rows])
        elif rows:
            print_table(self, _COLUMNS, [_cells(row) for row in rows], spare=_SPARE)
        else:
            self.stdout.write("No request matches")
        if not rows:
            raise SystemExit(NOBODY)

    def _show(self, *, request: UUID, as_json: bool, **options: Any) -> None:
        row = _find(request)
        fields = {**explained(row), **_owner(row)}
        if as_json:
            self._write(fields)
            return
        for name, value in fields.items():
            text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
            self.stdout.write(f"{name:<16} {text}")

    def _tail(self, *, request: UUID, as_json: bool, **options: Any) -> None:
        row, seq = _find(request), 0
        while True:
            events = read_after(row.id, row.client_id, seq)
            for event in events:
                self.stdout.write(json.dumps(event.message(), default=str) if as_json else _line(event))
                seq = event.seq
                if event.is_final:
                    raise SystemExit(0 if event.type == "complete" else NOBODY)
            if not events:
                time.sleep(_LOOK_SECONDS)
                _find(request)

    def _do(
        self, verb: Verb, *, requests: list[UUID], dry_run: bool, as_json: bool, to: int | None = None, **options: Any
    ) -> None:
        selection = chosen(requests, options)
        if dry_run:
            self._foretell(verb, selection, as_json)
            return
        total = selection.count(verb.statuses).number if selection.ids is None else len(selection.ids)
        act = begin(verb, selection, command_actor(), argument=to, total=total)
        counts, made = Counter[str](), list[UUID]()
        try:
            for tally in carry_on(act.id):
                counts += tally.counts
                made += tally.made
                if total > SLICE and not as_json:
                    self.stderr.write(f"{requests_in(counts):,} of about {total:,} requests")
        finally:
            stop(act.id)  # when it was interrupted; else it has ended
        fields = {"act": str(act.id), "counts": dict(counts), "made": [str(request_id) for request_id in made]}
        self._tell(fields, count_words(counts) if counts else "No request matches", as_json)
        if not counts or not is_complete(counts):
            raise SystemExit(NOBODY)

    def _foretell(self, verb: Verb, selection: Selection, as_json: bool) -> None:
        count = selection.count(verb.statuses, limit=sys.maxsize)
        examples = [str(request_id) for request_id in count.examples]
        noun = "request" if count.number == 1 and not count.is_least else "requests"
        text = f"{count} {noun} {verb.will}" + (f", such as {examples[0]}" if len(examples) > 1 else "")
        self._tell({"dry_run": True, "verb": verb.name, "count": count.number, "examples": examples}, text, as_json)
        if not count.number:
            raise SystemExit(NOBODY)

    def _tell(self, fields: dict[str, Any], text: str, as_json: bool) -> None:
        if as_json:
            self._write(fields)
        else:
            self.stdout.write(text)

    def _write(self, value: Any) -> None:
        self.stdout.write(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def _priority(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_PRIORITY:
        raise ArgumentTypeError(f"'{text}' is not a whole number from 0 to {MAX_PRIORITY}")
    return int(text)


def _find(request_id: UUID) -> AsyncRequest:
    row = AsyncRequest.objects.filter(id=request_id).first()
    if row is None:
        raise CommandError(f"There is no request {request_id}", returncode=NOBODY)
    return row


def _owner(row: AsyncRequest) -> dict[str, Any]:
    return {"user_id": row.user_id, "tenant_id": row.tenant_id, "worker": row.worker or None}


def _cells(row: AsyncRequest) -> Sequence[str]:
    end = row.finished_at or timezone.now()
    took = format_duration((end - row.started_at).total_seconds()) if row.started_at else "–"
    error = row.error or {}
    message = error.get("message") if row.is_final and isinstance(error, dict) and error else row.message
    done = f"{row.percentage:.0f} %"
    name, submitted = format_status(row.status, row.failed_items), relative(row.created_at)
    title, said = row.name[:_MAX_TEXT], str(message or "")[:_MAX_TEXT]
    return str(row.id), row.action, name, done, row.user_id, row.tenant_id, submitted, took, title, said


def _line(event: Event) -> str:
    """Write an event: the time, its number, its type, and what it says."""
    data = event.data
    error = data.get("error") or {}
    percentage = f"{data['percentage']:.0f} %" if "percentage" in data else ""
    text = data.get("message") or error.get("message") or ""
    moment = timezone.localtime(event.created_at)
    return f"{moment:%H:%M:%S}  {event.seq:>5}  {event.type:<9}  {percentage:>5}  {text}".rstrip()
