"""The rules for topics: all patterns that the project declares, and who may do what in the topics that they cover.

A topic has one rule, that of the most exact pattern. Without one, it does not exist.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured

from jobs.contract.registry import discovered, handlers_reloaded
from jobs.contract.topics import ANY, PLACEHOLDERS, RESERVED, TopicPattern
from realtime.auth import Identity
from realtime.database import in_database
from realtime.topics.declarations import read_setting
from realtime.topics.names import topic_segment

Act = Literal["subscribe", "publish"]
_Shape = tuple[tuple[int, str], ...]
_LARGEST_MESSAGE = 256 * 1024
_LIMITS = (
    "STREAMER_MAX_TOPICS_PER_CONNECTION",
    "STREAMER_MAX_HISTORIES_PER_TENANT",
    "STREAMER_TOPIC_MESSAGES_PER_SECOND",
)


@dataclass(frozen=True, eq=False)
class Rule:
    """A declared pattern, ready to be compared with names."""

    declared: TopicPattern
    segments: tuple[str, ...]

    def covers(self, name: str) -> bool:
        """Return True if the topic fits the pattern, for whichever tenant and user."""
        return _fits(self.segments, name.split("."), dict.fromkeys(PLACEHOLDERS))

    def is_for(self, name: str, identity: Identity) -> bool:
        """Return True if the topic fits the pattern for this tenant and user."""
        own = {"{tenant_id}": topic_segment(identity.tenant_id), "{user_id}": topic_segment(identity.user_id)}
        return _fits(self.segments, name.split("."), own)


def find_rule(name: str) -> Rule | None:
    return next((rule for rule in all_rules() if rule.covers(name)), None)


async def rule_for(identity: Identity, name: str, act: Act) -> Rule | None:
    """Return the topic's rule if it lets this client do so. None also where the topic does not exist."""
    rule = None if name == RESERVED else find_rule(name)
    if rule is None or not rule.is_for(name, identity):
        return None
    access = rule.declared.subscribe if act == "subscribe" else rule.declared.publish
    if access is None or not identity.may(access.permission):
        return None
    # Whatever else a check returns, such as a coroutine that was never awaited, is no consent.
    if access.check is not None and await in_database(access.check, identity, name) is not True:
        return None
    return rule


@cache
def all_rules() -> Sequence[Rule]:
    """Return the rules, the most exact first. Raises ``ImproperlyConfigured`` if anything is wrong with any."""
    if errors := [str(message) for message in check_topics() if message.is_serious()]:
        raise ImproperlyConfigured("\n".join(errors))
    patterns, _ = read_setting(settings.STREAMER_TOPICS)
    rules = [Rule(one, one.segments) for one in [*patterns, *discovered().topics]]
    return sorted(rules, key=lambda rule: [rank for rank, _ in _shape(rule.declared)])


handlers_reloaded.connect(lambda **_: all_rules.cache_clear(), weak=False, dispatch_uid=__name__)


def check_topics(**_: Any) -> list[CheckMessage]:
    """Report what is wrong with topics and their limits, as a system check."""
    patterns, faults = read_setting(settings.STREAMER_TOPICS)
    hint = "docs/how-to/publish-to-topics.md shows how a topic is declared."
    messages: list[CheckMessage] = [
        Error(f"STREAMER_TOPICS: {text}", hint=hint, id="streamer.topics.E001") for text in faults
    ]
    seen: dict[_Shape, TopicPattern] = {}
    for one in [*patterns, *discovered().topics]:
        first = seen.setdefault(_shape(one), one)
        if first is not one:
            text = f"Two patterns cover the same topics: '{first.pattern}' and '{one.pattern}'."
            messages.append(Error(text, hint="Declare each once, in one place.", id="streamer.topics.E002"))
        if "{user_id}" in one.segments and "{tenant_id}" not in one.segments:
            text = f"'{one.pattern}' has a user without a tenant: users of other tenants with the same id share it."
            hint = "Put {tenant_id} before it, unless your issuer gives no id to two users."
            messages.append(Warning(text, hint=hint, id="streamer.topics.W001"))
    return [*messages, *_limit_faults()]


def _limit_faults() -> list[CheckMessage]:
    faults: list[CheckMessage] = [
        Error(f"{name} is less than 0", hint="0 is the least.", id="streamer.topics.E003")
        for name in _LIMITS
        if getattr(settings, name) < 0
    ]
    if not 1 <= settings.STREAMER_TOPIC_MESSAGE_BYTES <= _LARGEST_MESSAGE:
        text = f"STREAMER_TOPIC_MESSAGE_BYTES is not from 1 to {_LARGEST_MESSAGE}"
        hint = "Publish where larger data are, not the data."
        faults.append(Error(text, hint=hint, id="streamer.topics.E004"))
    return faults


def _fits(pattern: Sequence[str], segments: Sequence[str], values: Mapping[str, str | None]) -> bool:
    """Compare segment by segment. The value None stands for any segment."""
    if pattern[-1] == ANY:
        if len(segments) < len(pattern):
            return False
    elif len(segments) != len(pattern):
        return False
    for expected, found in zip(pattern, segments, strict=False):
        value = values.get(expected, expected)
        if value is not None and value != ANY and value != found:
            return False
    return True


def _shape(one: TopicPattern) -> _Shape:
    """Return what the pattern covers: two of the same shape cover the same topics. Smaller is more exact."""
    last = len(one.segments) - 1
    return tuple(_rank(segment, is_last=place == last) for place, segment in enumerate(one.segments))


def _rank(segment: str, *, is_last: bool) -> tuple[int, str]:
    if segment in PLACEHOLDERS:
        return 1, ""
    if segment == ANY:
        return (3 if is_last else 2), ""
    return 0, segment
