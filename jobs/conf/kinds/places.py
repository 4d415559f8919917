"""Places: folders and URLs."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from jobs.conf.faults import nearest_name, quoted, without_password
from jobs.conf.kinds.base import Kind
from jobs.conf.redis_url import check_options, is_service, parse_service

_MAX_PATH = 4096


@dataclass(frozen=True)
class Folder(Kind):
    """The path of a folder."""

    forbidden: str = ""
    """Characters that it may not have."""

    def describe(self) -> str:
        return f"the path of a folder, without {' or '.join(self.forbidden)}" if self.forbidden else "a folder's path"

    def parse(self, text: str) -> Path:
        self.check(text)
        return Path(text)

    def check(self, value: Any) -> None:
        text = str(value) if isinstance(value, (str, Path)) else ""
        is_path = text.strip() and text.isprintable() and "://" not in text and len(text) <= _MAX_PATH
        if not is_path or any(sign in text for sign in self.forbidden):
            raise ValueError

    def nearest(self, text: str) -> str:
        return (
            re.sub(f"[{re.escape(self.forbidden)}]", "_", text)
            if self.forbidden and not {"\0", ":", "@"} & {*text}
            else ""
        )


@dataclass(frozen=True)
class Url(Kind):
    """A URL with a host. Its password is never shown."""

    schemes: tuple[str, ...]
    example: str
    may_be_empty: bool = True
    takes_user: bool = True
    """False: nobody may put a user or a password into it."""
    several: tuple[str, ...] = ()
    """The schemes whose URLs may name several hosts, separated by commas."""

    def describe(self) -> str:
        user = "" if self.takes_user else ", without a user or a password"
        return f"a URL such as {self.example}{user}"

    def parse(self, text: str) -> str:
        self.check(text)
        return text

    def check(self, value: Any) -> None:
        if value == "" and self.may_be_empty:
            return
        if not isinstance(value, str) or not value.isprintable() or " " in value:
            raise ValueError
        if value.partition(":")[0].lower() not in self.schemes:
            raise ValueError
        for parts in self._split(value):
            if not self.takes_user and "@" in parts.netloc:
                raise ValueError
            self.check_parts(parts)

    def check_parts(self, parts: SplitResult) -> None:
        """Raise ``ValueError`` if the parts after the scheme are wrong."""
        if not parts.hostname:
            raise ValueError

    def _split(self, url: str) -> list[SplitResult]:
        """Split the URL once for each of its hosts."""
        scheme, mark, rest = url.partition("://")
        if scheme not in self.several:
            return [split_url(url)]
        netloc, tail = re.fullmatch(r"([^/?#]*)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
        user, at, hosts = netloc.rpartition("@")
        if "," in hosts and not all(hosts.split(",")):
            raise ValueError("one of its hosts has no name")
        return [split_url(f"{scheme}{mark}{user}{at}{host}{tail}") for host in hosts.split(",")]

    def nearest(self, text: str) -> str:
        """Correct the scheme."""
        scheme, mark, rest = text.strip().partition("://")
        guess = f"{nearest_name(scheme.lower(), self.schemes) or self.schemes[0]}://{rest}"
        try:
            self.check(guess)
        except ValueError:
            return ""
        return without_password(guess) if mark else ""

    def show(self, value: Any) -> str:
        return quoted(without_password(value)) if isinstance(value, str) else quoted(type(value).__name__)


class RedisUrl(Url):
    """The URL of a Redis. A socket of the machine has a path in place of host and number; sentinels have a service."""

    def check_parts(self, parts: SplitResult) -> None:
        if is_service(parts.geturl()):
            super().check_parts(parts)
            parse_service(parts.geturl())
            return
        self._check_place(parts)
        if parts.query:
            check_options(f"{parts.scheme}://{parts.netloc}{parts.path}?{parts.query}")

    def _check_place(self, parts: SplitResult) -> None:
        if parts.scheme == "unix":
            if not parts.path.strip("/"):
                raise ValueError
            return
        super().check_parts(parts)
        if not re.fullmatch(r"/?|/\d{1,6}", parts.path):
            raise ValueError("what follows the host is no number of a database")


@dataclass(frozen=True)
class RedisUrls(Kind):
    """A list of URLs of Redis, separated by commas or spaces."""

    one: RedisUrl

    def describe(self) -> str:
        return f"URLs such as {self.one.example}, separated by commas"

    def parse(self, text: str) -> list[str]:
        # A comma that no scheme follows stands between two sentinels.
        urls = [url for url in re.split(r"[\s,]+(?=[A-Za-z][\w+.-]*://)", text.strip().rstrip(",")) if url]
        self.check(urls)
        return urls

    def check(self, value: Any) -> None:
        if not isinstance(value, (list, tuple)):
            raise ValueError
        for url in value:
            if not url:
                raise ValueError
            self.one.check(url)

    def write(self, value: Any) -> str:
        return ",".join(value)

    def show(self, value: Any) -> str:
        urls = re.split(r"[\s,]+(?=\w)", value) if isinstance(value, str) else []
        return quoted(",".join(map(without_password, urls))) if urls else super().show(value)


class DatabaseUrl(Url):
    """The URL of a database: with its name, and for SQLite with a path."""

    def check_parts(self, parts: SplitResult) -> None:
        name = unquote(parts.path).removeprefix("/")
        if not name or "\0" in name:
            raise ValueError("it names no database")


def split_url(url: str) -> SplitResult:
    """Split a URL. Raises ``ValueError``, which names a wrong port and no password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError("its port is no number from 1 to 65,535" if "ort" in str(error) else "") from None
    if port == 0:
        raise ValueError("its port is no number from 1 to 65,535")
    if len(host) > 253:
        raise ValueError
    return parts
