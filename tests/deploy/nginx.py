"""A real nginx with the files of ``deploy/nginx``, in front of web processes on this machine."""

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from streamer_site.local.ports import free_port
from streamer_site.local.stack import PROJECT_DIR
from tests.local.waiting import eventually

FILES = PROJECT_DIR / "deploy" / "nginx"
_MAIN = """
user {user};
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/main.log crit;
events {{ worker_connections 512; }}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/upstream.conf;
    include {folder}/streamer.conf;
}}
"""


@dataclass(frozen=True)
class Nginx:
    """A running nginx."""

    folder: Path
    plain_port: int
    port: int

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def trust(self) -> ssl.SSLContext:
        """Return the context of a client that trusts its certificate."""
        return ssl.create_default_context(cafile=str(self.folder / "tls.crt"))

    @property
    def logs(self) -> str:
        """Return all that it has logged."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


def write_configuration(folder: Path, upstreams: Sequence[str], *, port: int, plain_port: int, prefix: bool) -> Path:
    """Write the files as they are, but for the places that belong to this machine. Return the main one.

    ``upstreams`` are the addresses of web processes, such as ``127.0.0.1:8001``.
    """
    _write_certificate(folder)
    for name in ("proxy.conf", "locations.conf", "locations-prefix.conf"):
        (folder / name).write_text((FILES / name).read_text().replace("/etc/nginx/streamer/", f"{folder}/"))
    upstream = (FILES / "upstream-local.conf").read_text()
    first, last = upstream.index("    server "), upstream.rindex("    server ")
    servers = "".join(f"    server {address};\n" for address in upstreams)
    rest = upstream[last:].partition("\n")[2]
    (folder / "upstream.conf").write_text(upstream[:first] + servers + rest)
    server = (FILES / "streamer.conf").read_text()
    for before, after in _changes(folder, port, plain_port, prefix):
        assert before in server, before
        server = server.replace(before, after)
    (folder / "streamer.conf").write_text(server)
    user = "root" if _is_root() else "nobody"
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user))
    return folder / "nginx.conf"


def check_configuration(path: Path) -> str:
    """Have nginx judge it. Return what it says, which is empty when there is nothing to say."""
    done = subprocess.run(
        [_command(), "-q", "-t", "-p", str(path.parent), "-c", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.strip()


@contextmanager
def run_nginx(folder: Path, upstreams: Sequence[str], *, prefix: bool) -> Iterator[Nginx]:
    nginx = Nginx(folder, plain_port=free_port(), port=free_port())
    path = write_configuration(folder, upstreams, port=nginx.port, plain_port=nginx.plain_port, prefix=prefix)
    process = subprocess.Popen(
        [_command(), "-p", str(folder), "-c", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        eventually(lambda: process.poll() is not None or _answers(nginx.port), "nginx listens")
        assert process.poll() is None, process.stderr and process.stderr.read()
        yield nginx
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _changes(folder: Path, port: int, plain_port: int, prefix: bool) -> list[tuple[str, str]]:
    changes = [
        ("listen 80 default_server", f"listen 127.0.0.1:{plain_port}"),
        ("listen 443 ssl http2 default_server", f"listen 127.0.0.1:{port} ssl http2"),
        ("/etc/nginx/tls/", f"{folder}/"),
        ("/etc/nginx/streamer/", f"{folder}/"),
        ("/var/log/nginx/", f"{folder}/"),
    ]
    if prefix:
        changes += [
            ("    include " + str(folder) + "/locations.conf", "    # no root"),
            ("    # include", "    include"),
        ]
    return changes


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _command() -> str:
    # Debian keeps it where only root looks.
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    assert found, "nginx is not installed"
    return found


def _is_root() -> bool:
    return os.geteuid() == 0


def _write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "tls.key").write_bytes(private)
