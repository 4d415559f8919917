"""``manage.py``: the same start for every command, and no traceback for what an operator can mend."""

import os
from collections.abc import Sequence

import redis
from django.core.management import execute_from_command_line
from django.db import Error as DatabaseError

from jobs.queue.health.services import find_missing
from streamer_site.starting.loading import refuse_faults, set_up
from streamer_site.starting.refusal import refuse

# The first shows what a broken handler does. The others need nothing of Streamer.
_UNCHECKED = ("shell", "help", "version", "--help", "-h", "--version")


def main(argv: Sequence[str]) -> None:
    """Run the command. A process whose settings or handlers are wrong ends with status 2 instead."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streamer_site.settings")
    if len(argv) > 1 and argv[1] not in _UNCHECKED:
        set_up()
        refuse_faults()
    try:
        execute_from_command_line(list(argv))
    except (DatabaseError, redis.RedisError, OSError):
        if lines := [one.short_line for one in find_missing(with_tables=argv[1:2] != ["migrate"])]:
            refuse(lines)
        raise
