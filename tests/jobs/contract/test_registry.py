import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from jobs.contract import registry
from jobs.contract.base import Handler
from jobs.contract.registry import all_handlers, collect, find_handler, preload_handlers

HANDLER = """
from jobs.handler import Handler, NoPayload
class {name}(Handler[NoPayload]):
    action = "{action}"
    queue = "{queue}"
"""
MakePackage = Callable[..., str]


@pytest.fixture
def make_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakePackage]:
    """``make_package("name", module=source, …)``: an importable package; its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str, **modules: str) -> str:
        (tmp_path / name).mkdir()
        for module, source in {"__init__": "", **modules}.items():
            (tmp_path / name / f"{module}.py").write_text(source)
        return name

    yield make
    for name in [name for name in sys.modules if (tmp_path / name.partition(".")[0]).exists()]:
        del sys.modules[name]


def source(action: str, *, name: str = "Some", queue: str = "default") -> str:
    return HANDLER.format(name=name, action=action, queue=queue)


def test_it_works() -> None:
    found = all_handlers()
    assert {"echo", "echo_async", "delay", "health", "generate_report", "zoo_count"} <= found.keys()
    assert list(found) == sorted(found) and all(handler.action == action for action, handler in found.items())
    assert find_handler("echo") is found["echo"] and find_handler("no_such") is None


def test_each_module_of_each_package_is_looked_into(make_package: MakePackage) -> None:
    first = make_package("first_pack", one=source("pack_one"), two=source("pack_two") + source("pack_3", name="Three"))
    second = make_package("second_pack", four=source("pack_four"))
    assert set(collect([first, second])) == {"pack_one", "pack_two", "pack_3", "pack_four"}


def test_two_handlers_of_one_action_stop_the_process_and_both_are_named(make_package: MakePackage) -> None:
    package = make_package("twice_pack", one=source("pack_one", name="One"), two=source("pack_one", name="Two"))
    with pytest.raises(ImproperlyConfigured) as caught:
        collect([package])
    text = str(caught.value)
    assert "'pack_one'" in text and "twice_pack.one.One" in text and "twice_pack.two.Two" in text


def test_the_same_action_in_two_packages_is_found_too(make_package: MakePackage) -> None:
    first = make_package("pack_a", one=source("pack_one"))
    second = make_package("pack_b", one=source("pack_one"))
    with pytest.raises(ImproperlyConfigured, match=r"pack_a\.one\.Some and pack_b\.one\.Some"):
        collect([first, second])


def test_a_queue_that_nobody_serves_is_refused(make_package: MakePackage) -> None:
    with pytest.raises(ImproperlyConfigured, match="no queue 'slow'"):
        collect([make_package("queue_pack", one=source("pack_one", queue="slow"))])


def test_a_handler_imported_from_elsewhere_is_not_counted_twice(make_package: MakePackage) -> None:
    other = "from import_pack.one import Some\n"
    assert set(collect([make_package("import_pack", one=source("pack_one"), two=other)])) == {"pack_one"}


def test_a_module_that_cannot_be_imported_stops_the_process(make_package: MakePackage) -> None:
    with pytest.raises(ZeroDivisionError):
        collect([make_package("broken_pack", one="1 / 0")])


def test_what_handlers_declare_as_heavy_is_imported(make_package: MakePackage, monkeypatch: pytest.MonkeyPatch) -> None:
    package = make_package("heavy_pack", heavy="loaded = True")
    heavy = type("Heavy", (Handler,), {"preload": (f"{package}.heavy",), "queue": "ml"})
    monkeypatch.setattr(registry, "all_handlers", lambda: {"heavy": heavy()})
    preload_handlers(["default", "reports"])
    assert f"{package}.heavy" not in sys.modules
    preload_handlers(["default", "ml"])
    assert f"{package}.heavy" in sys.modules
