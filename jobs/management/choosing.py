"""The requests that a command is about: those that are named, or those that filters select."""

from argparse import ArgumentTypeError
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from jobs.formatting import STATUS_LABELS
from jobs.operations.selection import MAX_SECONDS, WITH_FAILURES, Selection, read_argument

NOBODY: Final = 1
"""The exit status when nothing was found, or not everything was done."""
NOT_DONE: Final = 2
"""The exit status when the command line is wrong."""
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_GROUPS: Final = ("live", "waiting", WITH_FAILURES)
_PLAIN: Final = ("status", "action", "queue", "tenant", "user", "tag", "code", "argument")


def add_filters(parser: CommandParser) -> None:
    group = parser.add_argument_group("filters", "A request must meet all that are given.")
    statuses = ", ".join(STATUS_LABELS)
    group.add_argument(
        "--status",
        choices=[*STATUS_LABELS, *_GROUPS],
        metavar="STATUS",
        help=f"{statuses}; or live (all that are not finished), waiting (pending and retrying), {WITH_FAILURES} "
        "(completed, but some items failed)",
    )
    group.add_argument("--action", help="name of the action, such as generate_report")
    group.add_argument("--queue", help="name of the queue")
    group.add_argument("--tenant", help="id of the tenant")
    group.add_argument("--user", help="id of the user, in any tenant")
    group.add_argument("--tag", help="a tag that it has")
    group.add_argument("--code", help="code of its error, such as TIMEOUT")
    group.add_argument(
        "--argument",
        type=argument,
        metavar="NAME=VALUE",
        help="a value in its payload, such as format=pdf; a dot leads into an object: options.limit=5",
    )
    group.add_argument(
        "--since", type=age, metavar="AGE", help="submitted within the last AGE, such as 30s, 15m, 6h or 2d"
    )
    group.add_argument("--longer", type=age, metavar="AGE", help="ran, or has been running, for at least AGE")


def age(text: str) -> timedelta:
    """Read ``30s``, ``15m``, ``6h`` or ``2d``."""
    number, unit = text[:-1], text[-1:]
    if unit not in _SECONDS or not number.isdecimal() or len(number) > 6:
        raise ArgumentTypeError(f"'{text}' is no length of time such as 30s, 15m, 6h or 2d")
    total = int(number) * _SECONDS[unit]
    if total > MAX_SECONDS:
        raise ArgumentTypeError(f"'{text}' is more than a hundred years")
    return timedelta(seconds=total)


def seconds(text: str) -> float:
    """Read a number of seconds. Raises ``ArgumentTypeError`` for one that no clock reaches, and for NaN."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= MAX_SECONDS:
        raise ArgumentTypeError(f"'{text}' is not a number of seconds such as 30 or 2.5")
    return number


def argument(text: str) -> str:
    """Check ``name=value``."""
    try:
        read_argument(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
    return text


def filters_of(options: Mapping[str, Any]) -> Selection:
    since, longer = options["since"], options["longer"]
    return Selection(
        **{name: options[name] for name in _PLAIN},
        since=None if since is None else timezone.now() - since,
        longer=None if longer is None else longer.total_seconds(),
    )


def chosen(ids: Sequence[UUID], options: Mapping[str, Any]) -> Selection:
    """Return the selection of the named ids, or that of the filters.

    Raises ``CommandError`` unless there are either ids or filters.
    """
    filters = filters_of(options)
    if bool(ids) == bool(filters):
        raise CommandError("Name requests by their ids, or give filters, but not both", returncode=NOT_DONE)
    return Selection(ids=list(dict.fromkeys(ids))) if ids else filters
