"""The Redis servers of the channel layer: one, or several of which each carries a part of the groups."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import redis
from channels_redis.utils import _consistent_hash, decode_hosts
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.conf.redis_url import layer_host, redis_client, redis_place
from realtime.delivery.publisher import Message, Publisher


def hosts_of(config: Any) -> list[dict[str, Any]]:
    """Return the ``hosts`` of the layer's configuration as ``channels_redis`` takes them, with those of sentinels."""
    hosts = [dict(host) for host in decode_hosts(config)]
    return [layer_host(host.pop("address"), **host) if "address" in host else host for host in hosts]


class Shards:
    """Blocking clients of all servers, for any thread. A name belongs to the same server as in the layer itself."""

    def __init__(self, config: Any) -> None:
        self._shards = [_Shard(host) for host in decode_hosts(config)]

    def publish(self, messages: Sequence[Message]) -> list[int]:
        """Publish all of them, in one round trip for each server, and return for each the number of subscribers.

        Raises ``redis.RedisError`` when a server does not answer. The others have got their messages then.
        """
        counts = [0] * len(messages)
        failure: redis.RedisError | None = None
        for shard, places in self._by_shard([name for name, _ in messages]):
            try:
                found = shard.publisher.publish([messages[place] for place in places])
            except redis.RedisError as error:
                failure = failure or error
            else:
                _put(counts, places, found)
        if failure is not None:
            raise failure
        return counts

    def count_subscribers(self, names: Sequence[str]) -> list[int]:
        """Count the subscribers of each channel. Raises ``redis.RedisError``."""
        counts = [0] * len(names)
        for shard, places in self._by_shard(names):
            found = shard.client.pubsub_numsub(*(names[place] for place in places))
            _put(counts, places, [count for _, count in found])
        return counts

    def silent(self) -> list[str]:
        """Name the servers that do not answer, each with its place and the reason."""
        return [text for shard in self._shards if (text := shard.complaint())]

    def _by_shard(self, names: Sequence[str | bytes]) -> list[tuple["_Shard", Sequence[int]]]:
        """List the servers that are concerned, each with the places of its names."""
        if len(self._shards) == 1:
            return [(self._shards[0], range(len(names)))]
        found: dict[int, list[int]] = {}
        for place, name in enumerate(names):
            found.setdefault(_consistent_hash(name, len(self._shards)), []).append(place)
        return [(self._shards[number], places) for number, places in found.items()]


class _Shard:
    def __init__(self, host: Mapping[str, Any]) -> None:
        self._host = host

    @cached_property
    def publisher(self) -> Publisher:
        return Publisher(self.client)

    @cached_property
    def client(self) -> redis.Redis:
        # Without driver_info, each new connection would read the client library's version from its package.
        host = {**self._host, "socket_timeout": 1, "socket_connect_timeout": 1, "driver_info": None}
        # A kept connection that was cut is made anew. A server that is silent is not asked twice.
        retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
        return redis_client(host.pop("address"), **host, retry=retry)

    def complaint(self) -> str:
        """Say where it is and why it does not answer; empty if it does."""
        try:
            self.client.ping()
        except (redis.RedisError, OSError) as error:
            return f"at {redis_place(str(self._host.get('address', '')))}: {error}"
        return ""


def _put(counts: list[int], places: Sequence[int], found: Sequence[int]) -> None:
    for place, count in zip(places, found, strict=True):
        counts[place] = count
