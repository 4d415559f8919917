"""``python -m tests.deploy.steps [EXTRAS]``: run the build stage of the Dockerfile in a folder, and use what it made.

The paths of the image lie below that folder. The base image is left out: its place takes the Python that runs this.
Then a web process and a worker of one queue start in the new environment, and a request goes through both.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from dockerfile_parse import DockerfileParser

from streamer_site.local.ports import free_port
from streamer_site.local.process import Program
from streamer_site.local.stack import PROJECT_DIR
from streamer_site.local.supervisor import Supervisor
from streamer_site.local.valkey import EmbeddedValkey
from tests.local.waiting import eventually

_PLACES = ("/build", "/opt/venv", "/srv")
_SECONDS = 120.0


def instructions(stage: str) -> list[tuple[str, str]]:
    """List the instructions of a stage of the Dockerfile, each with its text."""
    parser = DockerfileParser(path=str(PROJECT_DIR / "deploy" / "Dockerfile"), cache_content=True)
    found: list[tuple[str, str]] = []
    is_inside = False
    for one in parser.structure:
        if one["instruction"] == "FROM":
            is_inside = one["value"].endswith(f" AS {stage}")
        elif is_inside and one["instruction"] != "COMMENT":
            found.append((one["instruction"], one["value"]))
    return found


def build(root: Path, extras: str) -> dict[str, str]:
    """Do what the build stage says below ``root``. Return the environment in which it ran."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("STREAMER_", "DJANGO_"))}
    folder = root
    for instruction, text in instructions("build"):
        if instruction == "ARG":
            name, _, default = text.partition("=")
            env[name] = extras if name == "EXTRAS" else default.strip('"')
        elif instruction == "WORKDIR":
            folder = root / text.lstrip("/")
            folder.mkdir(parents=True, exist_ok=True)
        elif instruction == "COPY":
            *sources, target = text.split()
            _copy(sources, folder / target)
        elif instruction == "RUN":
            _run(_moved(text, root), folder, env)
    return env


def _copy(patterns: list[str], target: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    for pattern in patterns:
        sources = sorted(PROJECT_DIR.glob(pattern))
        assert sources, f"COPY {pattern}: there is no such file"
        for source in sources:
            if source.is_dir():
                shutil.copytree(source, target, ignore=ignored)
            else:
                shutil.copy(source, target)


def _run(command: str, folder: Path, env: Mapping[str, str]) -> None:
    print(f"RUN {' '.join(command.split())[:150]}", flush=True)
    subprocess.run(["sh", "-c", command], cwd=folder, env=dict(env), check=True, timeout=900)


def _moved(command: str, root: Path) -> str:
    # uv is in the environment that runs this, which must not get another one.
    command = command.replace('python -m pip install "uv==${UV}"', "true")
    command = command.replace("python -m venv", f"{sys.executable} -m venv")
    for place in _PLACES:
        command = command.replace(f" {place}", f" {root}{place}").replace(f"={place}", f"={root}{place}")
    return command.replace("uv pip", f"{Path(sys.executable).parent}/uv pip")


def check(root: Path, extras: str) -> None:
    """Start a web process and a worker from what was built, upload a table, and run a request of one queue."""
    queue, make_work = _WORK[extras]
    with ExitStack() as cleanup:
        supervisor = Supervisor(root / "logs", lambda name, line: print(f"  {name}: {line}", flush=True))
        cleanup.callback(supervisor.close)
        data = root / "var/lib/streamer"
        data.mkdir(parents=True)
        valkey = EmbeddedValkey(data)
        valkey.start(supervisor)
        port = free_port()
        image = _Image(root, {"REDIS_URL": valkey.url, "STREAMER_DATA_DIR": str(data)})
        image.manage("migrate", "--no-input", "--verbosity", "0")
        supervisor.add(image.program("web", *_command(port)))
        supervisor.add(image.program("worker", "manage.py", "streamer_worker", queue))
        supervisor.add(image.program("sweeper", "manage.py", "streamer_sweep"))
        url = f"http://127.0.0.1:{port}"
        token = image.manage("streamer_token", "--user", "alice", "--tenant", "acme", "--permissions", "*")
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=_SECONDS) as client:
            eventually(lambda: _is_well(client), "the web process, the worker and the sweeper serve", _SECONDS)
            assert client.get("/static/admin/css/base.css").status_code == 200
            made = client.post("/api/datasets/", files={"file": ("orders.csv", _table().encode())})
            assert made.status_code == 201, made.text
            work = make_work(made.json()["dataset_id"])
            accepted = client.post("/api/requests/", json=work)
            assert accepted.status_code == 202, accepted.text
            path = urlsplit(accepted.headers["Location"]).path
            final = eventually(lambda: _final(client, path), "the request ends", _SECONDS)
            assert final["status"] == "completed", final
    print(f"A web process, a sweeper and a worker of the queue {queue} ran {work['action']} to its end")


class _Image:
    """An image that was built, as a container would run it."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self._folder = root / "srv/streamer"
        self._python = str(root / "opt/venv/bin/python")
        self._env = {"PATH": os.environ["PATH"], "STREAMER_STATIC_DIR": str(root / "srv/static"), **env}

    def program(self, name: str, *arguments: str) -> Program:
        return Program(name=name, argv=(self._python, *arguments), env=self._env, cwd=self._folder)

    def manage(self, *arguments: str) -> str:
        command = [self._python, "manage.py", *arguments]
        done = subprocess.run(command, cwd=self._folder, env=self._env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def _command(port: int) -> list[str]:
    """Return the arguments of Python in the image's own command, on another port."""
    (text,) = [text for instruction, text in instructions("run") if instruction == "CMD"]
    words: list[str] = json.loads(text)
    assert words[0] == "python"
    return [{"0.0.0.0": "127.0.0.1", "8000": str(port)}.get(word, word) for word in words[1:]]


def _is_well(client: httpx.Client) -> bool:
    try:
        return bool(client.get("/readyz").json()["status"] == "ok")
    except (httpx.HTTPError, ValueError):
        return False


def _bulk(_dataset_id: str) -> dict[str, Any]:
    items = [{"seconds": 0.1, "steps": 1} for _ in range(3)]
    payload = {"operation": {"type": "action", "action": "delay"}, "items": items}
    return {"action": "bulk_operation", "payload": payload}


def _table() -> str:
    """Make a CSV of 200 orders in the first half of 2025."""
    days = (date(2025, 1, 1) + timedelta(days=number % 180) for number in range(200))
    rows = (f"{day},{number * 3 + 1},{('north', 'south')[number % 2]}" for number, day in enumerate(days))
    return "\n".join(["day,amount,town", *rows])


def _final(client: httpx.Client, path: str) -> dict[str, Any] | None:
    found: dict[str, Any] = client.get(path).json()
    return found if found["status"] in ("completed", "failed", "cancelled") else None


def _report(dataset_id: str) -> dict[str, Any]:
    dataset = {"dataset_id": dataset_id, "date": "day", "value": "amount", "category": "town"}
    days = {"start_date": "2025-01-01", "end_date": "2025-06-30"}
    return {"action": "generate_report", "payload": {**days, "dataset": dataset}}


def _model(dataset_id: str) -> dict[str, Any]:
    source = {"type": "dataset", "dataset_id": dataset_id}
    return {"action": "process_data", "payload": {"pipeline": "clustering", "data_source": source}}


_WORK: Final[dict[str, tuple[str, Callable[[str], dict[str, Any]]]]] = {
    "": ("bulk", _bulk),
    "reports": ("reports", _report),
    "reports learning": ("ml", _model),
}


def main() -> None:
    extras = " ".join(sys.argv[1].split()) if len(sys.argv) > 1 else ""
    if extras not in _WORK:
        sys.exit(f"EXTRAS is one of {', '.join(repr(one) for one in _WORK)}, not {extras!r}")
    with tempfile.TemporaryDirectory(prefix="streamer-image-") as folder:
        root = Path(folder)
        build(root, extras)
        size = sum(
            path.stat().st_size for path in (root / "opt").rglob("*") if path.is_file() and not path.is_symlink()
        )
        print(f"EXTRAS={extras!r}: the packages take {size / 1e6:.0f} MB")
        check(root, extras)


if __name__ == "__main__":
    main()
