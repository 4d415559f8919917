"""Whether a sweeper lives, and its rules as remedies."""

import redis
from django.utils import timezone

from jobs.queue.wakeups import SWEEPER_HEARTBEATS, connection
from jobs.sweeper.loop import all_rules


def sweeper_lives() -> bool:
    """False, too, when Redis cannot be asked."""
    try:
        return any(True for _ in connection().scan_iter(f"{SWEEPER_HEARTBEATS}*"))
    except (redis.RedisError, OSError):
        return False


def apply_rule(name: str) -> str:
    """Do now what the sweeper would do; says what. A rule takes a bounded batch, so it is applied until it rests."""
    (rule,) = (rule for rule in all_rules() if rule.name == name)
    moved = 0
    while moved_now := rule.sweep(timezone.now()):
        moved += moved_now
    return f"applied the sweeper's rule '{name}' to {moved}"


def apply_rule_once(name: str) -> str:
    """For a rule that finds the same again until a worker has reacted."""
    (rule,) = (rule for rule in all_rules() if rule.name == name)
    return f"applied the sweeper's rule '{name}' to {rule.sweep(timezone.now())}"
