"""The settings that say where things are."""

from dataclasses import replace
from typing import Any, Final

from jobs.conf.faults import quoted, without_password
from jobs.conf.kinds.numbers import Mask
from jobs.conf.kinds.objects import Object
from jobs.conf.kinds.places import DatabaseUrl, Folder, RedisUrl, RedisUrls, Url
from jobs.conf.kinds.words import Choice, Names, Text
from jobs.conf.redis_url import SENTINEL_SCHEMES
from jobs.conf.setting import Setting

_POSTGRESQL = ("postgres", "postgresql", "psql", "pgsql")
_DATABASE: Final = DatabaseUrl(
    (*_POSTGRESQL, "sqlite"),
    "postgres://user:password@host:5432/name, or sqlite:///path/of/a/file",
    may_be_empty=False,
    several=_POSTGRESQL,
)
# Sources are read with Django's own engines, whatever Streamer itself runs on.
_SOURCE_DATABASE: Final = DatabaseUrl(
    (*_DATABASE.schemes, "mysql", "mysql2", "oracle", "mssql", "postgis", "redshift", "cockroachdb"),
    "postgres://user:password@host/name",
    may_be_empty=False,
)
_REDIS: Final = RedisUrl(
    ("redis", "rediss", "unix", *SENTINEL_SCHEMES),
    "redis://host:6379/0, rediss://host:6379/0 for TLS, or redis+sentinel://host:26379,host2:26379/service/0",
    several=SENTINEL_SCHEMES,
)


def _judge_source_database(alias: str, url: Any) -> None:
    if alias == "default":
        raise ValueError("'default' is the name of Streamer's own database")
    try:
        _SOURCE_DATABASE.check(url)
    except ValueError:
        shown = quoted(without_password(url)) if isinstance(url, str) else "no text"
        raise ValueError(f"'{alias}' is {shown}, not a URL such as {_SOURCE_DATABASE.example}") from None


_SECRET = Text("a key")
_ENDPOINT = Url(("http", "https"), "http://minio:9000", takes_user=False)
_STORAGE = r"s3://.+|[A-Za-z_]\w*(\.[A-Za-z_]\w*)+"

DECLARED: Final = (
    Setting("STREAMER_DATA_DIR", Folder(), None),
    Setting("STREAMER_STATIC_DIR", Folder(), None),
    Setting("STREAMER_UMASK", Mask(), 0o077),
    Setting("DATABASE_URL", _DATABASE, None),
    Setting("STREAMER_DATABASE_POOLER", Choice(("transaction", "")), ""),
    Setting("REDIS_URL", _REDIS, ""),
    Setting("STREAMER_CHANNEL_REDIS_URLS", RedisUrls(replace(_REDIS, may_be_empty=False)), []),
    Setting("STREAMER_REDIS_PREFIX", Text("the beginning of names, without spaces", r"\S{1,100}"), ""),
    Setting(
        "STREAMER_STORAGE",
        Text("s3://bucket/prefix, or the path of a Django storage class", _STORAGE, may_be_empty=False),
        "django.core.files.storage.FileSystemStorage",
    ),
    Setting("STREAMER_STORAGE_OPTIONS", Object('{"location": "/srv/files"}'), {}, is_secret=True),
    Setting("AWS_ACCESS_KEY_ID", _SECRET, "", is_secret=True),
    Setting("AWS_SECRET_ACCESS_KEY", _SECRET, "", is_secret=True),
    Setting("AWS_SESSION_TOKEN", _SECRET, "", is_secret=True),
    Setting("AWS_REGION", Text("the name of a region, such as eu-central-1", r"[\w-]+"), ""),
    Setting("AWS_DEFAULT_REGION", Text("the name of a region, such as eu-central-1", r"[\w-]+"), ""),
    Setting("AWS_ENDPOINT_URL_S3", _ENDPOINT, ""),
    Setting("AWS_ENDPOINT_URL", _ENDPOINT, ""),
    Setting("STREAMER_S3_ADDRESSING", Choice(("path", "virtual", "auto", "")), ""),
    Setting("STREAMER_APPS", Names("Django apps, as in an import, separated by commas", r"[A-Za-z_][\w.]*"), []),
    Setting(
        "STREAMER_SOURCE_DATABASES",
        Object('{"shop": "postgres://user:password@host/name"}', _judge_source_database),
        {},
        is_secret=True,
    ),
)
