"""The URLs of one service, whichever of them the application names."""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit, urlunsplit

_SECURE = {"ws": False, "http": False, "wss": True, "https": True}


@dataclass(frozen=True, slots=True)
class Address:
    websocket_url: str
    http_url: str
    """Ends with a slash."""

    def url(self, path: str) -> str:
        """Return the URL of a path of the API. An absolute URL stays as it is."""
        if urlsplit(path).scheme:
            return path
        prefix = urlsplit(self.http_url).path
        return urljoin(self.http_url, path[len(prefix) :] if path.startswith(prefix) else path.lstrip("/"))

    def is_ours(self, url: str) -> bool:
        """Return True if a URL leads to this service, so that the token may go there."""
        ours, other = urlsplit(self.http_url), urlsplit(url)
        return (ours.scheme, ours.netloc) == (other.scheme, other.netloc)


def parse_address(url: str) -> Address:
    """Read ``https://host``, ``https://host/prefix/`` or ``wss://host/ws/``. Raises ``ValueError``."""
    parts = urlsplit(url.strip())
    if parts.scheme not in _SECURE or not parts.netloc:
        raise ValueError(f"The URL of a service begins with https:// or wss://, not {url!r}")
    is_secure = _SECURE[parts.scheme]
    path = parts.path.rstrip("/")
    if parts.scheme in ("ws", "wss"):
        prefix, socket_path = path.removesuffix("/ws"), parts.path or "/ws/"
    else:
        prefix, socket_path = path, f"{path}/ws/"
    return Address(
        urlunsplit(("wss" if is_secure else "ws", parts.netloc, socket_path, "", "")),
        urlunsplit(("https" if is_secure else "http", parts.netloc, f"{prefix}/", "", "")),
    )
