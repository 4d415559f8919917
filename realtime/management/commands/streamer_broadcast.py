"""``manage.py streamer_broadcast``: send a message to open connections."""

import json
from typing import Any
from uuid import UUID

import msgspec
from django.core.management.base import BaseCommand, CommandParser

from jobs.management.explaining import AWAY, add_dry_run, add_json, explain
from jobs.operations.audit import record
from realtime.connections.orders.audience import Audience
from realtime.management.reaching import NOBODY, add_filters, answered, audience_of, audience_words, counted, end_with
from realtime.sending.calls import tell
from realtime.sending.message import encode_message
from realtime.sending.reach import count_open


class Command(BaseCommand):
    help = (
        "Send a message to open connections: to all of them, to those that meet all filters, or to one. Clients get it "
        "as a message of the type 'message'."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("text", nargs="?", metavar="TEXT", help="the message, as a text")
        what.add_argument("--data", metavar="JSON", help="the message, as any JSON value, in place of TEXT")
        add_filters(parser)
        parser.add_argument("--connection", type=UUID, metavar="ID", help="this connection alone, in place of filters")
        add_dry_run(parser, "how many connections it would reach")
        add_json(parser)
        explain(
            parser,
            examples={
                "streamer_broadcast 'Maintenance at noon'": "Tell everybody.",
                "streamer_broadcast --data '{\"reload\": true}' --tenant acme": "Send JSON to the clients of a tenant.",
            },
            exits={0: "at least one connection was told", 1: "nobody is connected there", 2: f"not sent: {AWAY}"},
        )

    def handle(self, *, text: str | None, data: str | None, dry_run: bool, as_json: bool, **options: Any) -> None:
        audience = audience_of(options, options["connection"])
        encoded = answered(lambda: encode_message(text if data is None else _read(data)))
        if dry_run:
            self._show_reach(audience, as_json)
            return
        report = answered(lambda: tell(audience, text=encoded))
        reached = counted(report.accepted, "connection was", "connections were")
        record("broadcast", audience_words(audience), f"{reached} told: {text or data}")
        processes = counted(report.processes, "web process", "web processes")
        told = f"Told {counted(report.accepted, 'connection', 'connections')} by way of {processes}"
        end_with(self, report, as_json=as_json, told=told, nobody="No open connection matches; nobody was told")

    def _show_reach(self, audience: Audience, as_json: bool) -> None:
        count = answered(lambda: count_open(audience))
        if as_json:
            self.stdout.write(json.dumps({"status": "dry_run", "connections": count}))
        else:
            self.stdout.write(f"It would reach {counted(count, 'connection', 'connections')}; nothing was sent")
        if not count:
            raise SystemExit(NOBODY)


def _read(data: str) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
        raise ValueError(f"--data is not JSON: {error}") from None
