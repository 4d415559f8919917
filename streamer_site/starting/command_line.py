"""``manage.py``: the same start for every command, and no traceback for what an operator can mend."""

import errno
import os
import sys
from collections.abc import Sequence
from typing import Final

import redis
from django.core.management import execute_from_command_line
from django.db import Error as DatabaseError

from jobs.jsonable import is_storable
from jobs.queue.health.services import find_missing
from streamer_site.starting.loading import refuse_faults, set_up
from streamer_site.starting.refusal import refuse

# The first shows what a broken handler does. The others need nothing of Streamer.
_UNCHECKED = ("shell", "help", "version", "--help", "-h", "--version")
_READ_NO_MORE: Final = 141
"""The exit status of a command whose reader, such as ``head``, has gone: that of other programs."""
_INTERRUPTED: Final = 130


def main(argv: Sequence[str]) -> None:
    """Run the command. A process whose settings, handlers or arguments are wrong ends with status 2 instead."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streamer_site.settings")
    _open_closed_streams()
    if wrong := [one for one in argv[1:] if not is_storable(one) and not os.path.exists(one)]:
        refuse(f"The argument {ascii(one)} is no text in UTF-8." for one in wrong)
    if len(argv) > 1 and argv[1] not in _UNCHECKED:
        set_up()
        refuse_faults()
    try:
        execute_from_command_line(list(argv))
        sys.stdout.flush()
    except SystemExit as end:
        # What prints tables has ended the command with a status that says something else.
        if isinstance(end.__context__, BrokenPipeError):
            raise SystemExit(_READ_NO_MORE) from None
        raise
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
    except BrokenPipeError:
        _write_no_more()
        raise SystemExit(_READ_NO_MORE) from None
    except (DatabaseError, redis.RedisError, OSError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
            _write_no_more()
            refuse(["The output cannot be written: no space is left where it goes."])
        if lines := [one.short_line for one in find_missing(with_tables=argv[1:2] != ["migrate"])]:
            refuse(lines)
        raise


def _open_closed_streams() -> None:
    """Let a command that was started without standard output or error write into the void."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # it stays open
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _write_no_more() -> None:
    """Have Python find nothing wrong when it empties its buffers at the end."""
    void = os.open(os.devnull, os.O_WRONLY)
    os.dup2(void, sys.stdout.fileno())
