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
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, Worker
from rq.command import parse_payload
from rq.exceptions import DeserializationError
from rq.executions import Execution
from rq.job import Job
from rq.timeouts import BaseDeathPenalty, HorseMonitorTimeoutException
from rq.utils import now
from rq.worker import WorkerStatus
from rq.worker_registration import register

from jobs.contract.reloading import reload_if_changed
from jobs.execution import watchdog
from jobs.execution.inspection.answering import take_order
from jobs.queue.claims import expire_leases_of, owns_any
from jobs.queue.control.drains import DRAIN, forget_order, is_ordered
from jobs.queue.health.memory import memory_bytes
from jobs.queue.presence import HEARTBEAT_SECONDS, MEMORY_FIELD, release_name
from jobs.queue.wakeups import SHIFT, is_ring
from jobs.repeats import REPEATS

logger = logging.getLogger(__name__)

WATCH_SECONDS = 1
_SHIFTS = (SHIFT, "jobs.shift.work_shift")
"""The second name is in the rings of an older version, whose ids have no prefix."""
_FIRST_PAUSE_SECONDS = 0.25
# For systems that cannot wait for the end of a process with a time limit.
_POLL_SECONDS = 0.02
# RQ's own allowance of 10 s would let an idle worker listen to a cut connection for as long.
_ANSWER_SECONDS = 2
REDIS_AWAY = (redis.RedisError, OSError)
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
        self._own_pid = os.getpid()
        self.is_draining = False
        """True: it takes no new request, and leaves."""

    def execute_job(self, job: Job, queue: Queue) -> None:
        try:
            super().execute_job(job, queue)
        except REDIS_AWAY as error:
            text = "Worker %s: RQ's books are not kept, Redis is not reachable: %s"
            logger.warning(text, self.name, error, extra=REPEATS)
            if self.horse_pid:
                self._outwait_horse()  # the child can finish its request without Redis
                self._horse_pid = 0

    def register_birth(self) -> None:
        forget_order(self.name)  # of another one, that had the name before
        super().register_birth()  # type: ignore[no-untyped-call]
        release_name(self.name)

    def register_death(self) -> None:
        super().register_death()  # type: ignore[no-untyped-call]
        forget_order(self.name)

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Show that the worker is alive, its queues and its memory: a Redis that lost its data knows it again."""
        with _unless_redis_is_away():
            super().heartbeat(timeout, pipeline)
            register(self, pipeline)
            if os.getpid() == self._own_pid:  # RQ has its child send some, too
                self._tell_memory(pipeline)
                if self.get_state() in (WorkerStatus.IDLE, WorkerStatus.BUSY) and is_ordered(self.name):
                    self.drain()

    def _tell_memory(self, pipeline: Any) -> None:
        pids = [self._own_pid, *([self.horse_pid] if self.horse_pid else [])]
        if (size := memory_bytes(pids)) is not None:
            (self.connection if pipeline is None else pipeline).hset(self.key, MEMORY_FIELD, size)

    # --- the order to leave ---

    def handle_payload(self, message: Any) -> None:
        """Obey an order. RQ calls this on a thread of its own, which may not stop the work: a signal can."""
        order = parse_payload(message)
        if order.get("command") == DRAIN:
            os.kill(self._own_pid, signal.SIGUSR1)
        elif not take_order(order, self.horse_pid):
            super().handle_payload(message)  # type: ignore[no-untyped-call]

    def _install_signal_handlers(self) -> None:
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGUSR1, lambda number, frame: self.drain())

    def drain(self) -> None:
        """Take no new request, finish what runs, then leave. An idle worker leaves by an exception, as RQ's do."""
        if self.is_draining:
            return
        self.is_draining = True
        logger.info("Worker %s takes no new request, and leaves", self.name)
        watchdog.drain()
        self._shutdown_requested_date = now()  # RQ's book has it
        with _unless_redis_is_away():
            self._shutdown()  # type: ignore[no-untyped-call]

    def _set_connection(self, connection: redis.Redis) -> redis.Redis:
        """Have commands fail soon. RQ calls this.

        By default, the client library asks a silent server eleven times, each time for as long as the worker may wait
        for a job. Then neither a cut connection nor a server that is back would be noticed for half a minute.
        """
        connection = super()._set_connection(connection)
        connection.set_retry(Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)))
        return connection

    @property
    def connection_timeout(self) -> int:
        """Return the seconds of silence after which Redis counts as away while this worker waits for a job."""
        return self.dequeue_timeout + _ANSWER_SECONDS

    def set_state(self, state: str, pipeline: Any = None) -> None:
        with _unless_redis_is_away():
            super().set_state(state, pipeline)

    def check_for_suspension(self, burst: bool) -> None:
        with _unless_redis_is_away():
            super().check_for_suspension(burst)

    def dequeue_job_and_maintain_ttl(self, timeout: int | None, max_idle_time: int | None = None) -> Any:
        """Wait for a job. A Redis that refuses, as one whose disk is full does, ends RQ's worker, and not this one."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)
            except redis.ResponseError as error:
                logger.error("Worker %s: no request is begun, Redis refuses: %s", self.name, error, extra=REPEATS)
                time.sleep(pause)
                pause = min(2 * pause, self.max_connection_wait_time)

    def run_maintenance_tasks(self) -> None:
        with _unless_redis_is_away():
            super().run_maintenance_tasks()  # type: ignore[no-untyped-call]

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        watchdog.reset()
        reload_if_changed()
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
            logger.warning("Worker %s: the lease of what its child ran must run out by itself: %s", self.name, error)
        finally:
            connections.close_all()  # a connection must not cross the next fork

    def setup_work_horse_signals(self) -> None:
        """Have the child ignore SIGTERM to the whole group: the parent alone decides when the child ends."""
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)

    def wait_for_horse(self) -> tuple[int | None, int | None, Any]:
        """Reap the child; raises ``HorseMonitorTimeoutException``, as RQ expects, if it runs on for ``WATCH_SECONDS``.

        Kills a child that is overdue in its shift.
        """
        if self._runs_shift and (watchdog.is_overdue(settings.STREAMER_LEASE_SECONDS) or self._works_in_vain()):
            text = "Worker %s: killing child %s, which does not end or shows no sign of life"
            logger.error(text, self.name, self.horse_pid)
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
        if time.monotonic() - self._heartbeat_at < HEARTBEAT_SECONDS:
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
        logger.warning("Redis is not reachable: %s", error, extra=REPEATS)
