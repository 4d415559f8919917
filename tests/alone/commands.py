"""``python -m tests.alone.commands "check" "streamer_sweep --once"``: run them; print JSON, line → output."""

import io
import json
import shlex
import sys
from contextlib import redirect_stdout

from django.core.management import execute_from_command_line


def run(line: str) -> str:
    with redirect_stdout(io.StringIO()) as out:
        execute_from_command_line(["manage.py", *shlex.split(line)])
    return out.getvalue()


print(json.dumps({line: run(line) for line in sys.argv[1:]}))
