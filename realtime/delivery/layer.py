"""The channel layer: Redis pub/sub with a bounded queue, and a plain blocking send for workers.

Pub/sub may lose messages, and so may this layer: the log behind it repairs that. But it must not grow.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import redis
from channels_redis.pubsub import RedisPubSubChannelLayer, RedisPubSubLoopLayer, RedisSingleShardConnection
from channels_redis.utils import _wrap_close, decode_hosts
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

CAPACITY = 10_000
_POLL_SECONDS = 0.1
_AWAY_SECONDS = 0.5


class _DroppingQueue(asyncio.Queue[Any]):
    """A queue that drops its oldest entry when it is full, instead of growing or failing."""

    def put_nowait(self, item: Any) -> None:
        if self.full():
            self.get_nowait()
        super().put_nowait(item)


class _PatientShard(RedisSingleShardConnection):
    """One connection to Redis, which logs once that Redis is away, and once that it is back."""

    is_away = False

    async def _do_receiving(self) -> None:
        while True:
            try:
                if self._pubsub and self._pubsub.subscribed:
                    # Subscribes again by itself after a lost connection.
                    message = await self._pubsub.get_message(ignore_subscribe_messages=True, timeout=_POLL_SECONDS)
                    self._set_away(False)
                    self._receive_message(message)
                else:
                    await asyncio.sleep(_POLL_SECONDS)
            except Exception as error:  # any error of the client library: nothing else would start this task again
                self._set_away(True, error)
                await asyncio.sleep(_AWAY_SECONDS)

    def _set_away(self, is_away: bool, error: Exception | None = None) -> None:
        if is_away and not self.is_away:
            logger.warning("The channel layer's Redis is away; followers read the log meanwhile: %s", error)
        elif self.is_away and not is_away:
            logger.warning("The channel layer's Redis is back")
        self.is_away = is_away


class _BoundedLoopLayer(RedisPubSubLoopLayer):
    def __init__(self, *args: Any, hosts: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, hosts=hosts, **kwargs)
        self._shards = [_PatientShard(host, self) for host in decode_hosts(hosts)]

    @property
    def is_away(self) -> bool:
        """Return True if Redis was found not to answer. Messages sent meanwhile reach nobody."""
        return any(shard.is_away for shard in self._shards)

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

    def groups_send_now(self, messages: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Send several messages, each to its group, in one round trip; otherwise as ``group_send_now``."""
        prefix = self._kwargs.get("prefix", "asgi")
        with self._publisher.pipeline(transaction=False) as pipeline:
            for group, message in messages:
                pipeline.publish(f"{prefix}__group__{group}", self.serialize(message))
            pipeline.execute()

    @cached_property
    def _publisher(self) -> redis.Redis:
        host = dict(decode_hosts(self._kwargs.get("hosts"))[0])
        host |= {"socket_timeout": 1, "socket_connect_timeout": 1}
        return redis.Redis.from_url(host.pop("address"), **host, retry=Retry(NoBackoff(), 1))
