"""The sweeper: applies every rule about once a second. Two may run; a healthy request needs none.

Rules that may take long are applied on a thread of their own: neither a storage that does not answer nor a million old
requests may keep a lost attempt from being found.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections
from django.utils import timezone
from django.utils.module_loading import import_string

from jobs.metrics.counted import SWEPT
from jobs.metrics.exchange import FLUSH_SECONDS, flush
from jobs.queue.wakeups import SWEEPER_HEARTBEATS, breaker, connection
from jobs.repeats import REPEATS
from jobs.sweeper.outage import OutageGrace
from jobs.sweeper.rules import Rule

logger = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 15
# The end does not wait for a storage that does not answer: the next sweeper repeats what it was asked.
_APART_SECONDS = 2.0


def all_rules() -> list[Rule]:
    return [rule for path in settings.STREAMER_SWEEP_RULES for rule in import_string(path)]


def sweep_once(rules: Sequence[Rule]) -> dict[str, int]:
    """Apply each rule. Return rule name → requests moved. A rule that fails is logged and holds up no other."""
    counts = {}
    for rule in rules:
        try:
            counts[rule.name] = rule.sweep(timezone.now())
        except (DatabaseError, redis.RedisError, OSError) as error:
            logger.warning("Sweep of %s did not work: %s", rule.name, error, extra=REPEATS)
            connections.close_all()
        except Exception:
            logger.exception("The rule '%s' failed", rule.name)
        if counts.get(rule.name):
            logger.info("Swept %s", rule.name, extra={"count": counts[rule.name]})
            SWEPT.count(rule.name, by=counts[rule.name])
    return counts


def sweep_until(stopped: threading.Event) -> None:
    rules = all_rules()
    apart = threading.Thread(target=_sweep_apart, args=([rule for rule in rules if rule.apart], stopped), daemon=True)
    apart.start()
    prompt = [rule for rule in rules if not rule.apart]
    grace = OutageGrace(time.time())
    key = f"{SWEEPER_HEARTBEATS}{socket.gethostname()}:{os.getpid()}"
    flushed_at = time.monotonic()
    while not stopped.is_set():
        began_at = time.time()
        in_grace = grace.holds(began_at)
        if sweep_once([rule for rule in prompt if not (in_grace and rule.judges_silence)]):
            grace.swept(began_at)
        # A silent Redis is waited for once in a sweep, whichever part of it asks first.
        is_there = breaker.call(lambda: connection().set(key, 1, ex=_HEARTBEAT_SECONDS))
        if is_there and time.monotonic() - flushed_at >= FLUSH_SECONDS:
            flush()
            flushed_at = time.monotonic()
        # Not ``stopped.wait``: a signal handler that sets the event while this thread waits on it could deadlock.
        time.sleep(settings.STREAMER_SWEEP_SECONDS)
    if not breaker.is_open:
        flush()
    with suppress(redis.RedisError, OSError):
        connection().delete(key)
    apart.join(_APART_SECONDS)


def _sweep_apart(rules: Sequence[Rule], stopped: threading.Event) -> None:
    try:
        while not stopped.wait(settings.STREAMER_SWEEP_SECONDS):
            sweep_once(rules)
    finally:
        connections.close_all()
