"""Publishes to topics, from code of the project and for clients: one way in, whoever asks.

A message is encoded once. The hint through the channel layer holds the very text that every follower gets.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, connections, transaction
from django.utils import timezone

from jobs.contract.topics import RESERVED
from jobs.jsonable import to_json
from jobs.log.publishing import send_hints
from realtime.auth import Identity
from realtime.database import in_database
from realtime.topics import history, limit
from realtime.topics.log import message_text
from realtime.topics.names import fault_of, topic_group
from realtime.topics.quota import demand_room
from realtime.topics.refusals import BadTopic, MessageTooLarge, TooManyMessages, UnknownTopic
from realtime.topics.rules import Rule, find_rule, rule_for
from realtime.wire.protocol import DEEPEST
from realtime.wire.structure import is_deeper


@dataclass(frozen=True, kw_only=True)
class _Message:
    """A message that is allowed to go."""

    topic: str
    rule: Rule
    data: str
    now: datetime
    tenant_id: str = ""
    """The tenant of the client that publishes; empty for code."""


def publish(topic: str, data: Any) -> int | None:
    """Send ``data``, any JSON, to all who follow ``topic``. Return its number, None without a history.

    Inside a transaction it is sent with the commit, and the topic's row stays locked until then, so call it last.
    Raises ``PublishRefused``, and ``TypeError`` for data that are no JSON.
    """
    return _send(_allowed(topic, data))


async def apublish(topic: str, data: Any) -> int | None:
    """Do as ``publish``, from code on an event loop. It takes no part in a transaction of the caller."""
    return await _send_apart(_allowed(topic, data))


async def publish_for(identity: Identity, topic: str, data: Any) -> int | None:
    """Do as ``apublish`` for a client. ``UnknownTopic`` also says that it may not publish there."""
    if (fault := fault_of(topic)) is not None:
        raise BadTopic(fault)
    rule = await rule_for(identity, topic, "publish")
    if rule is None:
        raise UnknownTopic
    return await _send_apart(_counted(topic, rule, data, identity.tenant_id))


def _allowed(topic: str, data: Any) -> _Message:
    if (fault := fault_of(topic)) is not None:
        raise BadTopic(fault)
    rule = None if topic == RESERVED else find_rule(topic)
    if rule is None:
        raise UnknownTopic
    return _counted(topic, rule, data)


def _counted(topic: str, rule: Rule, data: Any, tenant_id: str = "") -> _Message:
    text = _encode(data)
    if (seconds := limit.spend(topic)) > 0:
        raise TooManyMessages(settings.STREAMER_TOPIC_MESSAGES_PER_SECOND, seconds)
    return _Message(topic=topic, rule=rule, data=text, now=timezone.now(), tenant_id=tenant_id)


def _encode(data: Any) -> str:
    try:
        encoded = msgspec.json.encode(data)
    except UnicodeEncodeError:  # half a surrogate pair
        encoded = msgspec.json.encode(to_json(data))
    most = settings.STREAMER_TOPIC_MESSAGE_BYTES
    if len(encoded) > most:
        raise MessageTooLarge(f"The data of a message may have at most {most} bytes; these have {len(encoded)}", most)
    text = encoded.decode()
    if is_deeper(text, DEEPEST):
        raise MessageTooLarge(f"The data of a message may be nested at most {DEEPEST} levels deep", most)
    return text


async def _send_apart(message: _Message) -> int | None:
    """Send on a database thread. An error is not tried again there: the message may be stored all the same."""
    outcome = await in_database(_send_or_fail, message)
    if isinstance(outcome, DatabaseError):
        raise outcome
    return outcome


def _send_or_fail(message: _Message) -> int | None | DatabaseError:
    try:
        return _send(message)
    except DatabaseError as error:
        connections.close_all()
        return error


def _send(message: _Message) -> int | None:
    kept = message.rule.declared.history
    if kept is not None and message.tenant_id:
        demand_room(message.topic, message.tenant_id)
    seq = None if kept is None else history.append(message.topic, message.data, kept, message.now, message.tenant_id)

    # Not a ``partial``: Django's log of a failed hook asks for the function's name.
    def tell() -> None:
        text = message_text(message.topic, message.data, message.now, seq)
        new: dict[str, Any] = {"frames": [], "unnumbered": text} if seq is None else {"frames": [[seq, text, False]]}
        send_hints([(topic_group(message.topic), {"type": "topic.messages", "topic": message.topic, **new})])

    # To ask Django outside of a transaction would open a connection.
    if connection.in_atomic_block:
        transaction.on_commit(tell, robust=True)
    else:
        tell()
    return seq
