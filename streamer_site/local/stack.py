"""The processes of a stack, and the handle to a running one, for ``make run``, ``make demo`` and tests."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from streamer_site.local.environment import names_redis, stack_environment
from streamer_site.local.folder import DataFolder
from streamer_site.local.process import FAILURES_TO_TELL, Output, Program, end_of_log
from streamer_site.local.supervisor import Supervisor
from streamer_site.local.valkey import EmbeddedValkey, ValkeyFailed
from streamer_site.local.web import Server, WebServer

PROJECT_DIR = Path(__file__).resolve().parent.parent.parent
_READY_SECONDS = 60.0
_POLL_SECONDS = 0.1
# A worker hands its request back when its own grace is over, and then needs a moment to end.
_WORKER_EXTRA_SECONDS = 5.0


class StackFailed(Exception):
    """The stack, or a command run against it, failed. The text has the end of the log."""


def no_output(_name: str, _line: str) -> None:
    """Ignore the output, for a stack whose log files suffice."""


class Stack:
    """Embedded server (unless ``REDIS_URL`` is set), web processes, workers, sweeper, on one data folder.

    Use it as a context manager, or call ``start`` and ``stop``. It outlives neither ``stop`` nor the death of the
    process that made it. Names: "valkey", "web", "worker", "sweeper"; "web-1", "web-2" … where there are several.
    Every process writes to ``data_dir/logs/<name>.log``.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        workers: int = 2,
        forks_workers: bool = False,
        ports: Sequence[int] = (0,),
        server: Server = "daphne",
        env: Mapping[str, str] | None = None,
        inherit_settings: bool = True,
        wipe: bool = False,
        prepare: Sequence[str] = (),
        code_dir: Path = PROJECT_DIR,
        output: Output = no_output,
    ) -> None:
        """Set it up. Each of ``ports`` gets a web process; 0 takes a free port, another may fall back to the next.
        ``server`` names the ASGI server of all of them. ``forks_workers`` has one process load the handlers and fork
        all workers: they share memory, and are one process of the stack, "worker".

        The processes get the environment of this one with ``env`` laid over it. ``inherit_settings=False`` leaves out
        the settings of Streamer, so that the stack uses its data folder whatever the shell has set.
        ``wipe`` empties the data folder before the start. ``prepare`` names ``manage.py`` commands that need no
        database, to run beside the migrations and before the processes. ``output`` gets every line they write.
        """
        self.folder = DataFolder(data_dir)
        self.data_dir = self.folder.path
        self.env = stack_environment(self.data_dir, env or {}, inherit_settings=inherit_settings)
        self._workers = workers
        self._forks_workers = forks_workers
        self._ports = tuple(ports)
        self.server: Server = server
        self._wipe = wipe
        self._prepare = tuple((command,) for command in prepare)
        self.code_dir = code_dir  # that of what is started from now on
        self._output = output
        self._supervisor: Supervisor | None = None
        self._valkey: EmbeddedValkey | None = None
        self._webs: dict[str, WebServer] = {}

    def __enter__(self) -> "Stack":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        return self._supervisor is not None

    @property
    def http_urls(self) -> list[str]:
        """List the URL of every web process, without a slash at the end."""
        return [web.url for web in self._webs.values()]

    @property
    def http_url(self) -> str:
        return self.http_urls[0]

    @property
    def ws_urls(self) -> list[str]:
        return [web.ws_url for web in self._webs.values()]

    @property
    def ws_url(self) -> str:
        return self.ws_urls[0]

    def start(self) -> None:
        """Start everything and wait until the web processes serve. Raises ``AlreadyRunning``, ``StackFailed``."""
        self.folder.lock()
        try:
            self._start()
        except BaseException:  # Ctrl-C too
            self.stop()
            raise

    def stop(self) -> list[str]:
        """Stop everything in order. Without effect when nothing runs. Return the names of the killed processes."""
        killed = self._supervisor.close() if self._supervisor else []
        self._supervisor = None
        for web in self._webs.values():
            web.close()
        if self._valkey:
            self._valkey.forget()
            self._valkey = None
        self.folder.unlock()
        return killed

    def hurry(self) -> None:
        """Have a running ``stop`` kill instead of wait. A signal handler may call it."""
        if self._supervisor:
            self._supervisor.hurry()

    def manage(self, *arguments: str, timeout_seconds: float = 300) -> str:
        """Run a ``manage.py`` command in the stack's environment. Return its output. Raises ``StackFailed``."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.code_dir,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
        )
        if done.returncode:
            raise StackFailed(f"manage.py {arguments[0]} failed:\n{(done.stderr or done.stdout).strip()}")
        return done.stdout.strip()

    def token(self, user: str, *, tenant: str = "default", permissions: str = "*", ttl_seconds: int = 3600) -> str:
        """Issue a signed access token for this stack; ``permissions`` are separated by commas."""
        arguments = ("--user", user, "--tenant", tenant, "--permissions", permissions, "--ttl", str(ttl_seconds))
        return self.manage("streamer_token", *arguments)

    def pids(self, name: str) -> list[int]:
        """Return the ids of the process ``name``, or of all of the kind: "worker" means "worker-1" and "worker-2"."""
        return [process.pid for process in self.supervisor.named(name) if process.pid is not None]

    def kill(self, name: str, signum: int = signal.SIGKILL) -> None:
        """Send a signal. A process that it ends is started again."""
        for process in self.supervisor.named(name):
            process.send(signum)

    def halt(self, name: str, signum: int = signal.SIGTERM) -> None:
        """Stop a process and leave it stopped. Connections to a halted web process are refused."""
        halting = self.supervisor.named(name)
        self.supervisor.stop(halting, signum)
        for process in halting:
            if web := self._webs.get(process.program.name):
                web.close()

    def restart(self, name: str) -> None:
        """Stop a process in order and start it again, as a deployment does. It starts halted ones, too.

        Returns once the processes have been started; ``wait_until_ready`` waits for the web processes.
        """
        restarting = self.supervisor.named(name)
        self.supervisor.stop(restarting)
        for process in restarting:
            program = process.program
            if web := self._webs.get(program.name):
                web.reopen()
                program = web.program(self.env, self.code_dir)
            self.supervisor.add(program)

    def start_beside(self, name: str) -> str:
        """Start another process like ``name``, which goes on, and return its name. A web process gets its own port."""
        program = self.supervisor.processes[name].program
        kind = name.partition("-")[0]
        new = f"{kind}-{1 + max(_number_of(one.program.name) for one in self.supervisor.named(kind))}"
        if name in self._webs:
            web = self._webs[new] = WebServer(new, 0, self.server)
            self.supervisor.add(web.program(self.env, self.code_dir))
        else:
            self.supervisor.add(replace(program, name=new, cwd=self.code_dir))
        return new

    def retire(self, name: str) -> bool:
        """Stop a process for good, as a deployment does. Return False when its grace was over and it was killed."""
        if web := self._webs.pop(name, None):
            web.close()
        killed = self.supervisor.stop([self.supervisor.processes[name]])
        del self.supervisor.processes[name]
        return not killed

    def wait_until_ready(self, timeout_seconds: float = _READY_SECONDS) -> None:
        """Wait until every web process serves. Raises ``StackFailed`` if one does not, or a process cannot start."""
        deadline = time.monotonic() + timeout_seconds
        while not all(web.is_ready() for web in self._webs.values()):
            if failing := self.supervisor.failing(FAILURES_TO_TELL):
                raise StackFailed(end_of_log(failing[0]))
            if time.monotonic() > deadline:
                web = self.supervisor.named("web")[0]
                raise StackFailed(f"The web process is not ready after {timeout_seconds:.0f} s.\n{end_of_log(web)}")
            time.sleep(_POLL_SECONDS)
        for web in self.supervisor.named("web"):
            web.failures = 0  # those that serve have started, however soon their predecessors were killed

    @property
    def has_foreign_redis(self) -> bool:
        """Tell whether the settings name a Redis, so that no embedded one is started."""
        return names_redis(self.env)

    def missing_parts(self) -> frozenset[str]:
        """Name the parts that a web process misses, as ``/readyz`` does; "web" stands for one that does not answer."""
        return frozenset[str]().union(*(web.missing_parts() for web in self._webs.values()))

    @property
    def supervisor(self) -> Supervisor:
        if self._supervisor is None:
            raise RuntimeError("the stack is not running")
        return self._supervisor

    def _start(self) -> None:
        if self._wipe:
            self.folder.wipe()
        self._supervisor = Supervisor(self.data_dir / "logs", self._output, inherit=(self.folder.fileno(),))
        if not (self._valkey or self.has_foreign_redis):
            self._start_valkey()
        # Each is a process that loads Django first, which takes longer than its work.
        with ThreadPoolExecutor() as threads:
            preparing = [threads.submit(self.manage, *one) for one in (("migrate", "--no-input"), *self._prepare)]
        for prepared in preparing:
            prepared.result()
        names = _numbered("web", len(self._ports))
        self._webs = {name: WebServer(name, port, self.server) for name, port in zip(names, self._ports, strict=True)}
        self.folder.note_owner(self.http_url if self._webs else "")
        for web in self._webs.values():
            self._supervisor.add(web.program(self.env, self.code_dir))
        if self._forks_workers:
            self._supervisor.add(self._command("worker", "streamer_worker", "--processes", str(self._workers)))
        else:
            for name in _numbered("worker", self._workers):
                self._supervisor.add(self._command(name, "streamer_worker"))
        self._supervisor.add(self._command("sweeper", "streamer_sweep"))
        self.wait_until_ready()

    def _start_valkey(self) -> None:
        self._valkey = EmbeddedValkey(self.data_dir)
        try:
            self._valkey.start(self.supervisor)
        except ValkeyFailed as error:
            raise StackFailed(str(error)) from error
        self.env["REDIS_URL"] = self._valkey.url

    def _command(self, name: str, *command: str) -> Program:
        grace_seconds = float(self.env.get("STREAMER_STOP_GRACE_SECONDS") or settings.STREAMER_STOP_GRACE_SECONDS)
        return Program(
            name=name,
            argv=(sys.executable, "manage.py", *command),
            env=self.env,
            cwd=self.code_dir,
            grace_seconds=grace_seconds + _WORKER_EXTRA_SECONDS,
        )


def _number_of(name: str) -> int:
    return int(name.partition("-")[2] or 1)


def _numbered(kind: str, count: int) -> list[str]:
    return [kind] if count == 1 else [f"{kind}-{number}" for number in range(1, count + 1)]
