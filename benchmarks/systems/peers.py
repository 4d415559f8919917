"""The peers: how to install and start each. Their code is in ``benchmarks/peers``, one folder each."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.systems.folders import BENCHMARKS, PEERS
from benchmarks.systems.install import install_node, install_python
from benchmarks.systems.running import Running
from benchmarks.systems.supervised import Peer, supervised
from streamer_site.local.ports import HOST, free_port

_WORKERS = "8"


@dataclass(frozen=True)
class PeerSystem:
    """One peer. ``launch`` starts its processes, given the folder that it was installed into, and a port."""

    key: str
    """The name for ``--peers``, and of its folders."""
    name: str
    driver: str
    path: str
    """The path of its sockets."""
    launch: Callable[[Peer, Path, int], None]
    folder: str
    is_ours: bool = False

    def install(self) -> None:
        self._installed()

    @contextmanager
    def start(self) -> Iterator[Running]:
        with supervised(self.folder) as peer:
            port = free_port()
            self.launch(peer, self._installed(), port)
            peer.wait_for_port(port)
            scheme = "http" if self.driver == "gradio" else "ws"
            yield Running(driver=self.driver, url=f"{scheme}://{HOST}:{port}{self.path}", pids=peer.pids)

    def _installed(self) -> Path:
        source = PEERS / self.folder
        if (source / "package.json").exists():
            return install_node(self.folder, source)
        return install_python(self.folder, source / "requirements.lock")


def _env(peer: Peer) -> dict[str, str]:
    return {"REDIS_URL": peer.redis_url, "PYTHONPATH": str(PEERS)}


def _uvicorn(peer: Peer, programs: Path, port: int, env: Mapping[str, str], cwd: Path) -> None:
    options = ("--host", HOST, "--port", str(port), "--log-level", "warning", "--no-access-log")
    peer.run("web", [programs / "uvicorn", "web:app", *options], env, cwd)


def _bullmq(peer: Peer, folder: Path, port: int) -> None:
    env = {"REDIS_URL": peer.redis_url, "PORT": str(port)}
    peer.run("worker", ["node", "worker.js"], env, folder)
    peer.run("web", ["node", "web.js"], env, folder)


def _celery(peer: Peer, programs: Path, port: int) -> None:
    env, cwd = _env(peer), PEERS / "celery_fastapi"
    command = ("-A", "tasks", "worker", "--concurrency", _WORKERS, "--loglevel", "WARNING")
    peer.run("worker", [programs / "celery", *command], env, cwd)
    _uvicorn(peer, programs, port, env, cwd)


def _arq(peer: Peer, programs: Path, port: int) -> None:
    env, cwd = _env(peer), PEERS / "arq_fastapi"
    peer.run("worker", [programs / "arq", "tasks.WorkerSettings"], env, cwd)
    _uvicorn(peer, programs, port, env, cwd)


def _rq(peer: Peer, programs: Path, port: int) -> None:
    env, cwd = _env(peer), PEERS / "rq_socketio"
    command = ("worker-pool", "--url", peer.redis_url, "--num-workers", _WORKERS, "--quiet", "--path", str(cwd))
    peer.run("worker", [programs / "rq", *command], env, cwd)
    _uvicorn(peer, programs, port, env, cwd)


def _gradio(peer: Peer, programs: Path, port: int) -> None:
    env = {"PYTHONPATH": str(PEERS), "PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}
    peer.run("web", [programs / "python", "web.py"], env, PEERS / "gradio_queue")


_SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"
PEER_SYSTEMS = (
    PeerSystem("bullmq", "socket.io + BullMQ", "socket.io", _SOCKET_IO, _bullmq, "bullmq"),
    PeerSystem("celery", "FastAPI + Celery", "plain", "/ws", _celery, "celery_fastapi"),
    PeerSystem("arq", "FastAPI + arq", "plain", "/ws", _arq, "arq_fastapi"),
    PeerSystem("rq", "python-socketio + RQ", "socket.io", _SOCKET_IO, _rq, "rq_socketio"),
    PeerSystem("gradio", "Gradio's queue", "gradio", "", _gradio, "gradio_queue"),
)


@dataclass(frozen=True)
class BareServer:
    """An application that only echoes, on one of the servers that carry Streamer, in Streamer's own environment."""

    server: str
    is_ours: bool = False

    @property
    def name(self) -> str:
        return f"bare {self.server}"

    def install(self) -> None:
        """Do nothing: Streamer itself needs both servers."""

    @contextmanager
    def start(self) -> Iterator[Running]:
        with supervised(f"bare-{self.server}") as peer:
            port = free_port()
            commands = {
                "daphne": ("-b", HOST, "-p", str(port), "-v", "0", "--no-server-name"),
                "uvicorn": ("--host", HOST, "--port", str(port), "--log-level", "warning", "--lifespan", "off"),
            }
            argv = (sys.executable, "-m", self.server, *commands[self.server], "benchmarks.bare_server:application")
            peer.run("web", argv, {"PYTHONPATH": str(BENCHMARKS.parent)}, BENCHMARKS)
            peer.wait_for_port(port)
            yield Running(driver="bare", url=f"ws://{HOST}:{port}/echo", pids=peer.pids)
