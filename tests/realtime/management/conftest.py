"""Commands as an operator runs them: their output and exit status."""

import json
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.core.management import CommandError, call_command

from tests.realtime.sending.conftest import open_known as open_known
from tests.realtime.sending.conftest import patient_questions as patient_questions
from tests.realtime.sockets import aside


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    status: int
    output: str
    fault: str = ""

    @property
    def data(self) -> Any:
        return json.loads(self.output)


async def run(*arguments: str) -> Ended:
    """Run a command in a thread, as a process of its own would beside the sockets."""
    out = StringIO()

    def call() -> Ended:
        try:
            call_command(*arguments, stdout=out, stderr=out)
        except CommandError as error:
            return Ended(error.returncode, out.getvalue(), str(error))
        except SystemExit as end:
            return Ended(int(end.code or 0), out.getvalue())
        return Ended(0, out.getvalue())

    return await aside(call)
