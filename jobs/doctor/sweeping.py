"""The check that a sweeper lives, and its rules as remedies."""

from datetime import timedelta

import redis
from django.utils import timezone

from jobs.queue.wakeups import SWEEPER_HEARTBEATS, connection
from jobs.sweeper.loop import all_rules

SWEEPER_GRACE = timedelta(seconds=30)
"""The time after which a living sweeper has moved on, or deleted, all that is overdue."""


def sweeper_lives() -> bool:
    """Return True if a sweeper lives; False also when Redis does not answer."""
    try:
        return any(True for _ in connection().scan_iter(f"{SWEEPER_HEARTBEATS}*"))
    except (redis.RedisError, OSError):
        return False


def apply_rule(name: str) -> str:
    """Apply a rule of the sweeper until it finds nothing more, since it takes a bounded batch. Return a text."""
    (rule,) = (rule for rule in all_rules() if rule.name == name)
    moved = 0
    while moved_now := rule.sweep(timezone.now()):
        moved += moved_now
    return f"applied the sweeper's rule '{name}' to {moved}"


def apply_rule_once(name: str) -> str:
    """Apply a rule once, because it finds the same rows again until a worker has reacted."""
    (rule,) = (rule for rule in all_rules() if rule.name == name)
    return f"applied the sweeper's rule '{name}' to {rule.sweep(timezone.now())}"
