"""A process that owns a small stack, for the tests that kill it: ``python -m tests.local.owner FOLDER``.

It prints the pids of all it started as one JSON line, then waits to be ended.
"""

import json
import os
import signal
import sys
from pathlib import Path

from streamer_site.local.folder import DataFolder
from streamer_site.local.process import Program
from streamer_site.local.supervisor import Supervisor
from streamer_site.local.valkey import EmbeddedValkey
from tests.local.waiting import eventually

GENTLE = "import signal; print('up', flush=True); signal.pause()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {GENTLE}"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {GENTLE!r}]); {GENTLE}"


def main(path: Path) -> None:
    with DataFolder(path) as folder:
        heard: list[str] = []
        supervisor = Supervisor(path / "logs", lambda _, line: heard.append(line), inherit=(folder.fileno(),))
        EmbeddedValkey(path).start(supervisor)
        for name, code in {"gentle": GENTLE, "stubborn": STUBBORN, "parent": PARENT}.items():
            argv = (sys.executable, "-c", code)
            supervisor.add(Program(name=name, argv=argv, env=dict(os.environ), cwd=path))
        eventually(lambda: heard.count("up") == 4, "all four processes are up")
        print(json.dumps({name: process.pid for name, process in supervisor.processes.items()}), flush=True)
        signal.pause()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
