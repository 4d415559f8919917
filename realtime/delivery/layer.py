"""The channel layer: Redis pub/sub with a bounded queue, and a plain blocking send for workers.

Pub/sub may lose messages, and so may this layer: the log behind it repairs that. But it must not grow.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import redis
from channels_redis.pubsub import RedisPubSubChannelLayer, RedisPubSubLoopLayer, RedisSingleShardConnection
from channels_redis.utils import _wrap_close
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff

from realtime.delivery.replies import Replies
from realtime.delivery.shards import Shards, hosts_of

logger = logging.getLogger(__name__)

CAPACITY = 10_000
PING_SECONDS = 2.0
"""The time between two pings of a subscription, in seconds."""
SILENCE_SECONDS = 5.0
"""A subscription that hears neither a message nor an answer to a ping for this time is cut, or Redis hangs."""
_POLL_SECONDS = 0.1
_READ_BYTES = 256 * 1024
_AWAY_SECONDS = 0.5


class _DroppingQueue(asyncio.Queue[Any]):
    """A queue that drops its oldest entry when it is full, instead of growing or failing."""

    def put_nowait(self, item: Any) -> None:
        if self.full():
            self.get_nowait()
        super().put_nowait(item)


class Liveness:
    """Tells a silent subscription from a dead one. Pure. Times are seconds of any one clock.

    A connection that was cut on the way, as a lost one of a NAT is, would else seem idle for ever.
    """

    def __init__(self) -> None:
        self._heard_at: float | None = None
        self._pinged_at = 0.0

    def hear(self, now: float) -> None:
        """Note a sign of life."""
        self._heard_at = now

    def forget(self) -> None:
        """Start anew, with a new connection."""
        self._heard_at = None

    def is_dead(self, now: float) -> bool:
        """Return True if there was no sign of life for ``SILENCE_SECONDS``. The first look counts as one."""
        if self._heard_at is None:
            self._heard_at = now
        return now - self._heard_at > SILENCE_SECONDS

    def wants_ping(self, now: float) -> bool:
        """Return True once in ``PING_SECONDS``: then a ping is to be sent."""
        if now - self._pinged_at < PING_SECONDS:
            return False
        self._pinged_at = now
        return True


class _PatientShard(RedisSingleShardConnection):
    """One connection to Redis, which logs once that Redis is away, and once that it is back."""

    is_away = False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._liveness = Liveness()

    def _ensure_redis(self) -> None:
        if self._redis is None:
            super()._ensure_redis()
            # The client library's ten retries would hide for seconds that Redis is away.
            client: Any = self._redis
            client.set_retry(AsyncRetry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)))

    async def subscribe_all(self, channels: Iterable[str]) -> None:
        """Do as ``subscribe`` for each, in one command."""
        async with self._lock:
            if new := [channel for channel in channels if channel not in self._subscribed_to]:
                self._ensure_redis()
                self._ensure_receiver()
                await self._pubsub.subscribe(*new)
                self._subscribed_to.update(new)

    def subscribe_now(self, channels: Iterable[str]) -> bool:
        """Do as ``subscribe_all`` without waiting for a turn of the loop; False: a connection must be made first.

        The client library takes four turns to write one command. On a busy loop, each may last for tens of ms.
        """
        connection = self._pubsub.connection if self._pubsub else None
        if self._lock.locked() or connection is None or not connection.is_connected:
            return False
        if new := [channel for channel in channels if channel not in self._subscribed_to]:
            connection._writer.writelines(connection.pack_command("SUBSCRIBE", *new))
            names = self._pubsub._normalize_keys(dict.fromkeys(new))
            self._pubsub.channels.update(names)
            self._pubsub.pending_unsubscribe_channels.difference_update(names)
            self._subscribed_to.update(new)
        return True

    async def unsubscribe_all(self, channels: Iterable[str]) -> None:
        """Do as ``unsubscribe`` for each, in one command."""
        async with self._lock:
            if old := [channel for channel in channels if channel in self._subscribed_to]:
                self._ensure_redis()
                self._ensure_receiver()
                await self._pubsub.unsubscribe(*old)
                self._subscribed_to.difference_update(old)

    async def _do_receiving(self) -> None:
        while True:
            try:
                if self._pubsub and self._pubsub.subscribed:
                    await self._listen()
                else:
                    await asyncio.sleep(_POLL_SECONDS)
            except Exception as error:  # any error of the client library: nothing else would start this task again
                self._set_away(True, error)
                await asyncio.sleep(_AWAY_SECONDS)

    async def _listen(self) -> None:
        """Take what comes by one connection until it ends. It is made first, and subscribed again, if there is none."""
        async with self._lock:  # a group that is joined now would make one too
            await self._pubsub.connect()
        connection = self._pubsub.connection
        reader = connection._reader  # its own methods read one line at a time
        replies = Replies()
        self._liveness.forget()
        self._set_away(False)
        try:
            while connection._reader is reader:
                data = await _read(reader)
                if data == b"":
                    return
                for reply in replies.feed(data or b""):
                    if isinstance(reply, list):
                        await self._take(reply)
                await self._watch(data)
        finally:
            if connection._reader is reader:
                await connection.disconnect(nowait=True)

    async def _take(self, reply: list[Any]) -> None:
        if reply[0] == b"message":
            self._receive_message({"channel": reply[1], "data": reply[2]})
        else:
            await self._pubsub.handle_message(reply)  # keeps account of what is subscribed

    async def _watch(self, data: bytes | None) -> None:
        """Ping now and then. Raises ``TimeoutError`` when nothing was heard for long."""
        now = asyncio.get_running_loop().time()
        if data is not None:
            self._liveness.hear(now)
        if self._liveness.is_dead(now):
            raise TimeoutError(f"nothing was heard for {SILENCE_SECONDS:g} s")
        if self._liveness.wants_ping(now):
            await self._pubsub.ping()

    def _set_away(self, is_away: bool, error: Exception | None = None) -> None:
        if is_away and not self.is_away:
            logger.warning("The channel layer's Redis is away; followers read the log meanwhile: %s", error)
        elif self.is_away and not is_away:
            logger.warning("The channel layer's Redis is back")
        self.is_away = is_away


async def _read(reader: asyncio.StreamReader) -> bytes | None:
    """Return what has come: b"" at the end of the connection, None if nothing came within a moment."""
    try:
        async with asyncio.timeout(_POLL_SECONDS):
            return await reader.read(_READ_BYTES)
    except TimeoutError:
        return None


class _BoundedLoopLayer(RedisPubSubLoopLayer):
    def __init__(self, *args: Any, hosts: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, hosts=hosts, **kwargs)
        self._shards = [_PatientShard(host, self) for host in hosts_of(hosts)]

    @property
    def is_away(self) -> bool:
        """Return True if Redis was found not to answer. Messages sent meanwhile reach nobody."""
        return any(shard.is_away for shard in self._shards)

    async def groups_add(self, groups: Sequence[str], channel: str) -> None:
        """Do as ``group_add`` for each group, in one command for each server."""
        if channel not in self.channels:
            raise RuntimeError("a channel joins groups in the process that made it")
        shards = defaultdict(list)
        for name in map(self._get_group_channel_name, groups):
            self.groups.setdefault(name, set()).add(channel)
            shards[self._get_shard(name)].append(name)
        for shard, names in shards.items():
            if not shard.subscribe_now(names):
                await shard.subscribe_all(names)

    async def groups_discard(self, groups: Sequence[str], channel: str) -> None:
        """Do as ``group_discard`` for each group, in one command for each server."""
        shards = defaultdict(list)
        for name in map(self._get_group_channel_name, groups):
            members = self.groups.get(name, set())
            members.discard(channel)
            if not members and self.groups.pop(name, None) is not None:
                shards[self._get_shard(name)].append(name)
        for shard, names in shards.items():
            await shard.unsubscribe_all(names)

    async def _subscribe_to_channel(self, channel: str) -> None:
        self.channels[channel] = _DroppingQueue(CAPACITY)
        await self._get_shard(channel).subscribe(channel)


class BoundedPubSubLayer(RedisPubSubChannelLayer):
    """``channels_redis``' pub/sub layer, bounded, with ``group_send_now`` for code that has no event loop."""

    def _get_layer(self) -> RedisPubSubLoopLayer:
        loop = asyncio.get_running_loop()
        layer = self._layers.get(loop)
        if layer is None:
            layer = self._layers[loop] = _BoundedLoopLayer(*self._args, **self._kwargs, channel_layer=self)
            _wrap_close(self, loop)
        return layer

    def group_send_now(self, group: str, message: Mapping[str, Any]) -> None:
        """Do as ``group_send``, from any thread, in one round trip on a kept connection.

        Raises ``redis.RedisError`` when the server does not answer within a second.
        """
        self.groups_send_now([(group, message)])

    def groups_send_now(self, messages: Sequence[tuple[str, Mapping[str, Any]]]) -> list[int]:
        """Send several messages, each to its group, in one round trip for each Redis; otherwise as ``group_send_now``.

        Return for each the number of processes that got it.
        """
        return self._shards.publish(
            [(self._name_of(group).encode(), self.serialize(message)) for group, message in messages]
        )

    def count_members(self, groups: Sequence[str]) -> list[int]:
        """Count for each group the processes with a member in it, from any thread. Raises as ``group_send_now``."""
        return self._shards.count_subscribers([*map(self._name_of, groups)])

    def silent_servers(self) -> list[str]:
        """Name the servers of Redis that do not answer, in words."""
        return self._shards.silent()

    def _name_of(self, group: str) -> str:
        return f"{self._kwargs.get('prefix', 'asgi')}__group__{group}"

    @cached_property
    def _shards(self) -> Shards:
        return Shards(self._kwargs.get("hosts"))
