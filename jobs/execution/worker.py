"""The RQ worker for shifts: it watches its child closely, and never outlives or abandons it."""

import logging
import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections
from rq import Queue, Worker
from rq.exceptions import DeserializationError
from rq.executions import Execution
from rq.job import Job
from rq.timeouts import BaseDeathPenalty, HorseMonitorTimeoutException

from jobs.execution import watchdog
from jobs.queue.claims import expire_leases_of, owns_any
from jobs.queue.wakeups import SHIFT, is_ring

logger = logging.getLogger(__name__)

WATCH_SECONDS = 1
_SHIFTS = (SHIFT, "jobs.shift.work_shift")
"""The second name is in the rings of an older version, whose ids have no prefix."""
# For systems that cannot wait for the end of a process with a time limit.
_POLL_SECONDS = 0.02
REDIS_AWAY = (redis.RedisError, OSError)
_HEARTBEAT_SECONDS = 10
# A child shows a sign of life every second. One that is silent for this long may be stuck in C code.
_SILENCE_SECONDS = 4.0


class NoAlarm(BaseDeathPenalty):
    """The replacement for RQ's alarm, a signal that any thread may take, as often happens after SIGSTOP and SIGCONT.

    With RQ's alarm, the main thread then waits on, for ever if the child is stuck.
    """

    def setup_death_penalty(self) -> None:
        """Set no alarm: ``ShiftWorker.wait_for_horse`` looks at the clock, and RQ limits the time of no shift."""

    def cancel_death_penalty(self) -> None:
        """Do nothing, because no alarm was set."""


class ShiftWorker(Worker):
    """Serves one or more queues; each RQ job is a shift over all of them.

    RQ's own worker quits when Redis does, and would take the child that runs a request with it. This one waits.
    Another program's job in one of the queues is run as RQ runs it.
    """

    death_penalty_class: type[BaseDeathPenalty] = NoAlarm
    max_connection_wait_time = 2.0
    _runs_shift = True
    """True: the child works a shift. False: it runs another program's job."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"job_monitoring_interval": WATCH_SECONDS}
        super().__init__(*args, **kwargs)
        self._heartbeat_at = 0.0

    def execute_job(self, job: Job, queue: Queue) -> None:
        try:
            super().execute_job(job, queue)
        except REDIS_AWAY as error:
            logger.warning("RQ's books are not kept, Redis is not reachable: %s", error)
            if self.horse_pid:
                self._outwait_horse()  # the child can finish its request without Redis
                self._horse_pid = 0

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        with _unless_redis_is_away():
            super().heartbeat(timeout, pipeline)

    def check_for_suspension(self, burst: bool) -> None:
        with _unless_redis_is_away():
            super().check_for_suspension(burst)

    def run_maintenance_tasks(self) -> None:
        with _unless_redis_is_away():
            super().run_maintenance_tasks()  # type: ignore[no-untyped-call]

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        watchdog.reset()
        self._runs_shift = _is_shift(job)
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        watchdog.die_with_parent()
        if not self._runs_shift:
            self.death_penalty_class = Worker.death_penalty_class  # RQ enforces its time limit
            super().main_work_horse(job, queue)
            return
        # The ring named one queue; the shift serves all that this worker serves, that one first.
        names = dict.fromkeys([queue.name, *self.queue_names()])
        assert job.func_name  # reads the job before it is changed: RQ could not do so afterwards
        job.args = (list(names), self.name)
        super().main_work_horse(job, queue)

    def handle_work_horse_killed(self, job: Job, retpid: int, ret_val: int, rusage: Any) -> None:
        """Clean up after a child that was killed or crashed. RQ calls this."""
        super().handle_work_horse_killed(job, retpid, ret_val, rusage)  # type: ignore[no-untyped-call]
        try:
            expire_leases_of(self.name)
        except DatabaseError as error:
            logger.warning("The lease of what the child ran must run out by itself: %s", error)
        finally:
            connections.close_all()  # a connection must not cross the next fork

    def setup_work_horse_signals(self) -> None:
        """Have the child ignore SIGTERM to the whole group: the parent alone decides when the child ends."""
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def wait_for_horse(self) -> tuple[int | None, int | None, Any]:
        """Reap the child; raises ``HorseMonitorTimeoutException``, as RQ expects, if it runs on for ``WATCH_SECONDS``.

        Kills a child that is overdue in its shift.
        """
        if self._runs_shift and (watchdog.is_overdue(settings.STREAMER_LEASE_SECONDS) or self._works_in_vain()):
            logger.error("Killing child %s: it does not end, or shows no sign of life", self.horse_pid)
            self.kill_horse()
        if not _ends_within(self.horse_pid, WATCH_SECONDS):
            raise HorseMonitorTimeoutException
        return super().wait_for_horse()

    def _works_in_vain(self) -> bool:
        """Return True if the child lost its request, or its cancel is overdue, and C code keeps it from noticing."""
        if not watchdog.is_silent(_SILENCE_SECONDS):
            return False
        try:
            return not owns_any(self.name)
        except DatabaseError:
            return False
        finally:
            connections.close_all()  # a connection must not cross the next fork

    def _outwait_horse(self) -> None:
        while True:
            with suppress(HorseMonitorTimeoutException):
                self.wait_for_horse()
                return

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """Send heartbeats. RQ calls this every ``WATCH_SECONDS`` while the child runs."""
        if time.monotonic() - self._heartbeat_at < _HEARTBEAT_SECONDS:
            return
        self._heartbeat_at = time.monotonic()
        with _unless_redis_is_away():
            super().maintain_heartbeats(job, execution)

    def handle_warm_shutdown_request(self) -> None:
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        watchdog.leave()


def _is_shift(job: Job) -> bool:
    try:
        return is_ring(job.id) or job.func_name in _SHIFTS
    except DeserializationError:  # RQ fails it, and keeps why
        return False


def _ends_within(child: int, seconds: float) -> bool:
    """Return True if the child has ended, or ends within ``seconds``. It is not reaped."""
    try:
        handle = os.pidfd_open(child)
    except (AttributeError, OSError):  # not Linux, or not allowed here, or reaped already
        return _is_seen_to_end(child, seconds)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(handle)


def _is_seen_to_end(child: int, seconds: float) -> bool:
    ends_at = time.monotonic() + seconds
    while True:
        try:
            if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                return True
        except ChildProcessError:
            return True
        if time.monotonic() >= ends_at:
            return False
        time.sleep(_POLL_SECONDS)


@contextmanager
def _unless_redis_is_away() -> Iterator[None]:
    try:
        yield
    except REDIS_AWAY as error:
        logger.warning("Redis is not reachable: %s", error)
