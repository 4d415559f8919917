"""Ends a process that cannot start: one line for each fault on standard error, exit status 2, no traceback."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from jobs.conf.faults import Fault, quoted
from streamer_site.starting.environment import TOLD

STATUS: Final = 2
"""The exit status of a process that does not start as it is set up."""
_LAST_LINE = (
    "Streamer does not start like this. docs/troubleshooting.md helps, docs/reference/settings.md has all settings."
)


def refuse(lines: Iterable[str]) -> NoReturn:
    """Print the lines and end the process."""
    print(*lines, _LAST_LINE, sep="\n", file=sys.stderr, flush=True)
    raise SystemExit(STATUS)


def warn_of_unknown(names: Mapping[str, str]) -> None:
    """Print a line for each unknown name, once for this process and all that it starts."""
    for name, nearest in names.items():
        question = f" Did you mean {nearest}?" if nearest else " docs/reference/settings.md has all settings."
        print(f"{name} is set, but is no setting of Streamer.{question}", file=sys.stderr, flush=True)
    if names:
        os.environ[TOLD] = ",".join(filter(None, [os.environ.get(TOLD, ""), *names]))


@contextmanager
def writing_to(folder: Path, name: str) -> Iterator[None]:
    """Turn an error of the system into a refusal that names the setting ``name``, whose folder is ``folder``."""
    try:
        yield
    except OSError as error:
        trouble = f"is {quoted(str(folder))}, which cannot be used: {error.strerror or error}"
        hint = f"Make room on its disk, correct its permissions, or set {name} to another folder."
        refuse([Fault(name=name, trouble=trouble, expected="a folder that this user may write to", hint=hint).line])
