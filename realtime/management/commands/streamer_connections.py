"""``manage.py streamer_connections``: list open connections, show one, close some."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.admin.formatting import relative
from jobs.management.explaining import AWAY, add_json, add_verb, explain
from jobs.management.printing import print_table
from jobs.operations.audit import record
from realtime.management.reaching import (
    NOBODY,
    NOT_DONE,
    add_filters,
    answered,
    audience_of,
    audience_words,
    counted,
    end_with,
)
from realtime.sending.calls import disconnect_all
from realtime.sending.listing import Listed, Listing, find, list_open, list_unhealthy
from realtime.wire.close_codes import CloseCode

_LIMIT = 100
_COLUMNS = ("id", "user", "tenant", "process", "connected", "in / out", "round trip", "waiting", "problems")
_SPARE = ("round trip", "waiting", "in / out", "tenant", "process")


class Command(BaseCommand):
    help = "List open connections, show one, or close some."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, title="what to do", metavar="VERB")
        listing = add_verb(verbs, "list", "list open connections, the newest first, with their health")
        listing.add_argument(
            "--unhealthy", action="store_true", help="only those with problems; end with 1 if there are any"
        )
        listing.add_argument(
            "--limit", type=int, default=_LIMIT, help=f"list at most LIMIT of them (default: {_LIMIT})"
        )
        show = add_verb(verbs, "show", "show one connection, open or closed")
        show.add_argument("connection", type=UUID, metavar="ID", help="id of the connection")
        kick = add_verb(verbs, "kick", "close one connection, or all that meet the filters; their tokens stay valid")
        kick.add_argument(
            "connection", type=UUID, metavar="ID", nargs="?", help="id of a connection, in place of filters"
        )
        codes = ", ".join(f"{int(code)} {code.name}" for code in CloseCode)
        kick.add_argument(
            "--code",
            type=int,
            default=int(CloseCode.REVOKED),
            help=f"close code that the client gets: 4000 to 4499 let it come back, 4500 and above do not (default: "
            f"{int(CloseCode.REVOKED)}). One of {codes}",
        )
        for verb in (listing, kick):
            add_filters(verb)
        for verb in (listing, show, kick):
            add_json(verb)
        explain(
            parser,
            examples={"streamer_connections kick --user bob --code 4000": "Have the clients of bob connect anew."},
            exits={
                0: "done; show: the connection is open",
                1: "list --unhealthy: there are some; show: closed or unknown; kick: nobody was told",
                2: f"not every web process answered, or {AWAY}",
            },
        )

    def handle(self, *, verb: str, **options: Any) -> None:
        if verb == "list":
            self._list(**options)
        elif verb == "show":
            self._show(**options)
        else:
            self._kick(**options)

    def _list(self, *, unhealthy: bool, limit: int, as_json: bool, **options: Any) -> None:
        if limit < 1:
            raise CommandError("--limit must be at least 1", returncode=NOT_DONE)
        audience = audience_of(options)
        look = list_unhealthy if unhealthy else list_open
        listing: Listing = answered(lambda: look(audience, limit=limit))
        if as_json:
            fields = {
                "healths_known": listing.is_whole,
                "connections": [listed.as_json() for listed in listing.connections],
            }
            self.stdout.write(json.dumps(fields, indent=2))
        else:
            self._print(listing.connections)
        if not listing.is_whole:
            text = "Not every web process told the health of its connections"
            if unhealthy:
                raise CommandError(text, returncode=NOT_DONE)
            self.stderr.write(text)
        if unhealthy and listing.connections:
            raise SystemExit(NOBODY)

    def _print(self, connections: Sequence[Listed]) -> None:
        if connections:
            print_table(self, _COLUMNS, [_cells(listed) for listed in connections], spare=_SPARE)
        self.stdout.write(counted(len(connections), "connection", "connections"))

    def _show(self, *, connection: UUID, as_json: bool, **options: Any) -> None:
        listed = answered(lambda: find(connection))
        if listed is None:
            raise CommandError(f"There is no connection {connection}", returncode=NOBODY)
        fields = listed.as_json()
        if as_json:
            self.stdout.write(json.dumps(fields, indent=2))
        else:
            for name, value in fields.items():
                self.stdout.write(f"{name:<16} {'-' if value in (None, '') else value}")
        if listed.row.closed_at is not None:
            raise SystemExit(NOBODY)

    def _kick(self, *, connection: UUID | None, code: int, as_json: bool, **options: Any) -> None:
        audience = audience_of(options, connection)
        report = answered(lambda: disconnect_all(audience, code))
        record(
            "kick",
            audience_words(audience),
            f"{counted(report.accepted, 'connection is', 'connections are')} closed with {code}",
        )
        told = f"{counted(report.accepted, 'connection is', 'connections are')} being closed with {code}"
        end_with(self, report, as_json=as_json, told=told, nobody="No such connection is open")


def _cells(listed: Listed) -> list[str]:
    row, health = listed.row, listed.health
    known = (
        ["?", "?", "not told"]
        if health is None
        else [
            "-" if health.round_trip_ms is None else f"{health.round_trip_ms:.0f} ms",
            f"{health.waiting_bytes:,}",
            ", ".join(health.problems),
        ]
    )
    traffic = f"{row.messages_in} / {row.messages_out}"
    return [str(row.id), row.user_id, row.tenant_id, row.server, relative(row.connected_at), traffic, *known]
