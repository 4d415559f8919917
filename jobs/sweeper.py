"""The sweeper: applies every rule about once a second. Two may run; a healthy request needs none."""

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

from jobs.sweep_rules import Rule
from jobs.wakeups import SWEEPER_HEARTBEATS, connection

logger = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 15


def all_rules() -> list[Rule]:
    return [rule for path in settings.STREAMER_SWEEP_RULES for rule in import_string(path)]


def sweep_once(rules: Sequence[Rule]) -> dict[str, int]:
    """Apply each rule; rule name → how many it moved. A rule that fails is logged and holds up no other."""
    counts = {}
    for rule in rules:
        try:
            counts[rule.name] = rule.sweep(timezone.now())
        except (DatabaseError, redis.RedisError, OSError) as error:
            logger.warning("Sweep of %s did not work: %s", rule.name, error)
            connections.close_all()
        except Exception:
            logger.exception("The rule '%s' failed", rule.name)
        if counts.get(rule.name):
            logger.info("Swept %s", rule.name, extra={"count": counts[rule.name]})
    return counts


def sweep_until(stopped: threading.Event) -> None:
    rules = all_rules()
    key = f"{SWEEPER_HEARTBEATS}{socket.gethostname()}:{os.getpid()}"
    while not stopped.is_set():
        sweep_once(rules)
        try:
            connection().set(key, 1, ex=_HEARTBEAT_SECONDS)
        except (redis.RedisError, OSError):
            logger.warning("No heartbeat, Redis is not reachable")
        # Not ``stopped.wait``: a signal handler that sets the event while this very thread waits on it could deadlock.
        time.sleep(settings.STREAMER_SWEEP_SECONDS)
    with suppress(redis.RedisError, OSError):
        connection().delete(key)
