"""The settings of the pages, and of who is let in."""

import re
from ipaddress import ip_network
from typing import Any, Final
from urllib.parse import SplitResult

from jobs.conf.kinds.numbers import YEAR_SECONDS, Whole
from jobs.conf.kinds.places import Url
from jobs.conf.kinds.words import Choice, Flag, Names, Text
from jobs.conf.setting import Setting
from streamer_site.declared.tokens import EARLIER_KEYS

_HOST = r"\*|\.?[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]"
_ORIGIN = r"\*|[A-Za-z][\w+.-]*://[^\s/?#@]+"
# What else may stand in a path would have to be quoted in some places and not in others.
_PREFIX = r"(/[A-Za-z0-9._~-]+)+"
_HSTS_MOST = 10 * YEAR_SECONDS


class _Networks(Names):
    """A list of addresses and networks of IPv4 and IPv6."""

    def check(self, value: Any) -> None:
        super().check(value)
        try:
            for name in value:
                ip_network(name, strict=False)
        except ValueError:
            raise ValueError from None  # its text has the value, however long


def _host_of(name: str) -> str:
    """Take the scheme, the port and the path from a host that was written as a URL."""
    return name.rpartition("://")[2].partition("/")[0].partition(":")[0]


def _origin_of(name: str) -> str:
    """Add a scheme, and take the path away."""
    scheme, mark, rest = name.rpartition("://")
    return f"{scheme if mark else 'https'}://{rest.partition('/')[0]}"


_ORIGINS: Final = Names(
    "origins with their schemes, such as https://app.example.org, separated by commas", _ORIGIN, correct=_origin_of
)
_HOSTS: Final = Names(
    "names of hosts without scheme and port, such as reports.example.org, separated by commas",
    _HOST,
    may_be_empty=False,
    correct=_host_of,
)


class _Dsn(Url):
    """The address of a project at Sentry. Its library ends every process with a traceback that has another one."""

    def check_parts(self, parts: SplitResult) -> None:
        super().check_parts(parts)
        if not parts.username:
            raise ValueError("it has no key before the host")
        if not re.fullmatch(r"\d+", parts.path.rstrip("/").rpartition("/")[2], re.ASCII):
            raise ValueError("it does not end in the number of a project")


_COLLECTOR: Final = Url(("http", "https"), "http://collector:4318")
_DSN: Final = _Dsn(("http", "https"), "https://key@sentry.example.org/1")

DECLARED: Final = (
    Setting("DEBUG", Flag(), False),
    Setting("SECRET_KEY", Text("a key of 32 bytes or more"), "", is_secret=True),
    Setting("SECRET_KEY_FALLBACKS", EARLIER_KEYS, [], is_secret=True),
    Setting("ALLOWED_HOSTS", _HOSTS, ["localhost", "127.0.0.1", "[::1]"]),
    Setting("STREAMER_ALLOWED_ORIGINS", _ORIGINS, []),
    Setting("CSRF_TRUSTED_ORIGINS", _ORIGINS, []),
    Setting("TRUST_PROXY", Flag(), False),
    Setting(
        "TRUSTED_PROXIES",
        _Networks("addresses or networks, such as 10.0.0.0/8, separated by commas", r"[0-9A-Fa-f:./]{2,64}"),
        [],
    ),
    Setting("STREAMER_PATH_PREFIX", Text("a path such as /streamer, without a slash at its end", _PREFIX), ""),
    Setting("SECURE_COOKIES", Flag(), False),
    Setting("SECURE_SSL_REDIRECT", Flag(), False),
    Setting("SECURE_HSTS_SECONDS", Whole(0, _HSTS_MOST, "seconds"), 0),
    Setting("SECURE_HSTS_INCLUDE_SUBDOMAINS", Flag(), False),
    Setting("SECURE_HSTS_PRELOAD", Flag(), False),
    # For pages that set none of their own, such as the admin's.
    Setting(
        "CONTENT_SECURITY_POLICY",
        Text("a policy in one line", r"[^\r\n]*"),
        "default-src 'self'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    Setting("LOG_LEVEL", Choice(("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")), "INFO"),
    Setting("LOG_JSON", Flag(), None),
    Setting("STREAMER_LOG_PAYLOADS", Flag(), False),
    # OpenTelemetry's library reads these and its other variables by itself.
    Setting("OTEL_EXPORTER_OTLP_ENDPOINT", _COLLECTOR, ""),
    Setting("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", _COLLECTOR, ""),
    Setting("SENTRY_DSN", _DSN, "", is_secret=True),
    Setting("STREAMER_UNBUNDLED_PAGES", Flag(), None),
    Setting("STREAMER_METRICS_TOKEN", Text("16 characters or more, without spaces", r"\S{16,200}"), "", is_secret=True),
    Setting("STREAMER_API_DOCS", Choice(("everybody", "users", "nobody")), None),
)
