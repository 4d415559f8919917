"""Packages of other people's handlers, written to a folder on the path and forgotten after the test."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from jobs.contract.discovery.search import Found

IMPORTS = "from jobs.handler import Handler, NoPayload, Payload\n"
MakePackage = Callable[..., str]
MakeFiles = Callable[[dict[str, str]], Path]
_HANDLER = """
from jobs.handler import Handler, NoPayload


class {name}(Handler[NoPayload]):
    action = "{action}"
    queue = "{queue}"

    def run(self, payload, context):
        return {{}}
"""


def source(action: str, *, name: str = "Some", queue: str = "default") -> str:
    """Write a module with one sound handler."""
    return _HANDLER.format(name=name, action=action, queue=queue)


def places(found: Found) -> list[str]:
    """Name the classes that were found, each with its module."""
    return [f"{one.__module__}.{one.__qualname__}" for one in found.classes]


@pytest.fixture
def make_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeFiles]:
    """Return ``make_files({"shop/work.py": text, …})``, which puts these files in a folder on the path."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))
        return tmp_path

    yield make
    made = {path.stem for path in tmp_path.iterdir()}
    for name in [name for name in sys.modules if name.partition(".")[0] in made]:
        del sys.modules[name]


@pytest.fixture
def make_package(make_files: MakeFiles) -> MakePackage:
    """Return ``make_package("name", module=text, …)``, which makes an importable package and returns its name."""

    def make(name: str, **modules: str) -> str:
        make_files({f"{name}/{module}.py": text for module, text in {"__init__": "", **modules}.items()})
        return name

    return make
