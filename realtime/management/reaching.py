"""The parts that the commands about connections share: options that choose connections, and ends."""

import json
from collections.abc import Callable
from typing import Any, Final, TypeVar
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from realtime.connections.orders.audience import Audience, Filters
from realtime.sending.report import Report

NOBODY: Final = 1
"""The exit status when no connection was found or told."""
NOT_DONE: Final = 2
"""The exit status for wrong arguments, and while Redis or the database is away."""
T = TypeVar("T")


def add_filters(parser: CommandParser) -> None:
    group = parser.add_argument_group("filters", "A connection must meet all that are given.")
    group.add_argument("--tenant", dest="tenant_id", metavar="TENANT", help="id of the tenant")
    group.add_argument(
        "--user", dest="user_id", metavar="USER", help="id of the user; without --tenant, in every tenant"
    )
    group.add_argument("--permission", metavar="NAME", help="a permission that its token has; '*' counts as having it")
    group.add_argument(
        "--process", metavar="NAME", help="name of a web process, as streamer_connections list prints it"
    )


def audience_of(options: dict[str, Any], connection_id: UUID | None = None) -> Audience:
    """Read the filters of a command line, or the one connection instead. Raises ``CommandError``."""
    filters = {name: options[name] for name in Filters.__optional_keys__ if options[name] is not None}
    if connection_id is None:
        return answered(lambda: Audience(**filters))
    if filters:
        raise CommandError("Name a connection by its id, or give filters, but not both", returncode=NOT_DONE)
    return Audience(connection_ids=frozenset([connection_id]))


def audience_words(audience: Audience) -> str:
    """Describe an audience in the record of acts: ``tenant_id acme, user_id bob``."""
    if audience.connection_ids is not None:
        return ", ".join(f"connection {one}" for one in sorted(map(str, audience.connection_ids)))
    named = [(name, getattr(audience, name)) for name in sorted(Filters.__optional_keys__)]
    return ", ".join(f"{name} {value}" for name, value in named if value) or "all connections"


def answered(work: Callable[[], T]) -> T:
    """Return the result of ``work``. Raises ``CommandError`` for wrong arguments, and without the database."""
    try:
        return work()
    except ValueError as error:
        raise CommandError(str(error), returncode=NOT_DONE) from None
    except DatabaseError as error:
        raise CommandError(f"The database does not answer: {error}", returncode=NOT_DONE) from None


def end_with(command: BaseCommand, report: Report, *, as_json: bool, told: str, nobody: str) -> None:
    """Print a report, as JSON or as one of two sentences, and end with its exit status."""
    if as_json:
        fields = {"status": report.status, "accepted": report.accepted, "processes": report.processes}
        command.stdout.write(json.dumps(fields))
    if report.unavailable:
        raise CommandError("Redis does not answer; nobody was told", returncode=NOT_DONE)
    if not as_json:
        command.stdout.write(told if report.accepted else nobody)
    if not report.accepted:
        raise SystemExit(NOBODY)


def counted(count: int, one: str, many: str) -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {many}"
