"""The URL of a Redis: of one server, or of a service whose master sentinels name.

``redis+sentinel://user:password@host:26379,host2:26379/service/0`` names the sentinels, the service and the number of
the database. User and password are those of the Redis itself; those of the sentinels, if they ask for any, follow as
``?sentinel_username=…&sentinel_password=…``. ``rediss+sentinel`` speaks TLS with Redis and with the sentinels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import redis
from redis.connection import parse_url
from redis.sentinel import Sentinel, SentinelManagedConnection, SentinelManagedSSLConnection

SENTINEL_SCHEMES: Final = ("redis+sentinel", "rediss+sentinel")
_PORT: Final = 26379
_ASK_SECONDS: Final = 1.0
"""The time in which a sentinel must answer before the next one is asked, in seconds."""


class _Hearing:
    """Closes a connection whose answer did not come, as connections without sentinels do.

    Else it would stay one to a host that is gone, or give the late answer to the next command.
    """

    def read_response(self, *args: Any, disconnect_on_error: bool | None = True, **kwargs: Any) -> Any:
        return super().read_response(*args, disconnect_on_error=disconnect_on_error, **kwargs)  # type: ignore[misc]


class MasterConnection(_Hearing, SentinelManagedConnection):
    """A connection to the master of the moment."""


class SecureMasterConnection(_Hearing, SentinelManagedSSLConnection):
    """The same over TLS."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A Redis that sentinels watch over."""

    addresses: tuple[tuple[str, int], ...]
    """The hosts and ports of the sentinels."""
    name: str
    number: int = 0
    """The number of the database."""
    options: dict[str, Any]
    """The keyword arguments of connections to the Redis: user, password, TLS."""
    sentinel_options: dict[str, Any]
    """The same for connections to the sentinels."""

    @property
    def connection_class(self) -> type[MasterConnection] | type[SecureMasterConnection]:
        return SecureMasterConnection if self.options.get("ssl") else MasterConnection


def is_service(url: str) -> bool:
    """Return True if the URL names sentinels."""
    return url.partition("://")[0] in SENTINEL_SCHEMES


def parse_service(url: str) -> Service:
    """Read a URL that names sentinels. Raises ``ValueError``, whose text has no password."""
    parts = urlsplit(url)
    user, _, hosts = parts.netloc.rpartition("@")
    name, _, number = parts.path.strip("/").partition("/")
    if not name:
        raise ValueError("it names no service of the sentinels")
    if number and not number.isdecimal():
        raise ValueError("what follows the service is no number of a database")
    query = parse_qs(parts.query)
    tls = {"ssl": True} if parts.scheme == "rediss+sentinel" else {}
    username, _, password = map(unquote, user.partition(":"))
    return Service(
        addresses=tuple(map(_address, hosts.split(","))),
        name=unquote(name),
        number=int(number or 0),
        options=tls | _named(username=username, password=password),
        sentinel_options=tls
        | {"socket_timeout": _ASK_SECONDS, "socket_connect_timeout": _ASK_SECONDS, "driver_info": None}
        | _named(**{part: query.get(f"sentinel_{part}", [""])[0] for part in ("username", "password")}),
    )


def check_options(url: str) -> None:
    """Raise ``ValueError`` if no connection can be made with what follows the ``?`` of the URL. It connects nowhere.

    Not for a URL that names sentinels.
    """
    try:
        redis.ConnectionPool.from_url(url).make_connection()
    except Exception:  # the libraries raise errors of many kinds, some of which quote the value
        raise ValueError("what follows the ? is no option of a connection") from None


def redis_client(url: str, **options: Any) -> redis.Redis:
    """Make a client of the Redis, or of the service's master, asked for anew at each connection.

    ``options`` are those of ``redis.Redis.from_url``. Raises ``ValueError`` for a URL that cannot be read.
    """
    if not is_service(url):
        return redis.Redis.from_url(url, **options)
    service = parse_service(url)
    sentinel: Any = Sentinel  # has no types
    sentinels = sentinel(service.addresses, sentinel_kwargs=_impatient(service, redis.retry.Retry))
    options |= {"db": service.number, "connection_class": service.connection_class, **service.options}
    client: redis.Redis = sentinels.master_for(service.name, **options)
    return client


def layer_host(url: str, **options: Any) -> dict[str, Any]:
    """Return the entry for the URL in the ``hosts`` of ``channels_redis``."""
    if not is_service(url):
        return {"address": url, **options}
    service = parse_service(url)
    return {
        "sentinels": [*service.addresses],
        "master_name": service.name,
        "sentinel_kwargs": _impatient(service, redis.asyncio.retry.Retry),
        "db": service.number,
        **service.options,
        **options,
    }


def queue_place(url: str) -> dict[str, Any]:
    """Return the part of an entry in ``RQ_QUEUES`` that says where Redis is."""
    if not is_service(url):
        return {"URL": url}
    service = parse_service(url)
    return {
        "SENTINELS": [*service.addresses],
        "MASTER_NAME": service.name,
        "DB": service.number,
        "CONNECTION_KWARGS": {"connection_class": service.connection_class, **service.options},
        "SENTINEL_KWARGS": _impatient(service, redis.retry.Retry),
    }


def redis_number(url: str) -> int:
    """Return the number of the URL's database. Raises ``ValueError`` for a URL that cannot be read."""
    return parse_service(url).number if is_service(url) else int(_parts(url).get("db", 0))


def redis_place(url: str) -> str:
    """Return the host and port of Redis, the path of its socket, or the service and its sentinels."""
    try:
        if is_service(url):
            service = parse_service(url)
            return (
                f"'{service.name}' of the sentinels {', '.join(f'{host}:{port}' for host, port in service.addresses)}"
            )
        parts = _parts(url)
    except ValueError:
        return "an address that cannot be read"
    return str(parts.get("path") or f"{parts.get('host', 'localhost')}:{parts.get('port', 6379)}")


def _parts(url: str) -> dict[str, Any]:
    parts: dict[str, Any] = parse_url(url)  # type: ignore[no-untyped-call]
    return parts


def _address(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError("it names no sentinel")
    return parts.hostname, parts.port or _PORT


def _named(**values: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _impatient(service: Service, retry: Callable[..., Any]) -> dict[str, Any]:
    """Return the options for sentinels, of which the next is asked at once when one is silent."""
    return {**service.sentinel_options, "retry": retry(redis.backoff.NoBackoff(), 0)}
