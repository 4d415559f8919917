import re
import sys

import pytest
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from jobs.contract import registry
from jobs.contract.base import Handler
from jobs.contract.discovery.gathering import Discovery, discover
from jobs.contract.registry import all_handlers, check_handlers, discovered, find_handler, preload_handlers
from tests.jobs.contract.conftest import MakeFiles, MakePackage, source


def ids(found: Discovery) -> list[str | None]:
    return [message.id for message in found.messages]


def added(found: Discovery) -> set[str]:
    """List the actions beside the built-in ones."""
    return set(found.handlers) - set(discover([]).handlers)


def the_message(found: Discovery) -> CheckMessage:
    (message,) = found.messages
    assert message.hint
    return message


def test_it_works() -> None:
    found = all_handlers()
    assert {"echo", "echo_async", "delay", "health", "generate_report", "zoo_count"} <= found.keys()
    assert list(found) == sorted(found) and all(handler.action == action for action, handler in found.items())
    assert find_handler("echo") is found["echo"] and find_handler("no_such") is None
    assert check_handlers() == []


def test_what_is_named_is_added_to_the_built_in_handlers(make_package: MakePackage) -> None:
    first = make_package("first_pack", one=source("pack_one"), two=source("pack_two") + source("pack_3", name="Three"))
    second = make_package("second_pack", four=source("pack_four"))
    found = discover([first, f" {second} ", ""])
    assert added(found) == {"pack_one", "pack_two", "pack_3", "pack_four"} and ids(found) == []
    assert {"echo", "generate_report"} <= found.handlers.keys()


def test_both_names_of_the_setting_add(make_package: MakePackage, settings: Settings) -> None:
    settings.STREAMER_HANDLERS = [make_package("new_pack", one=source("new_one"))]
    settings.STREAMER_HANDLER_PACKAGES = ["jobs.handlers", make_package("old_pack", one=source("old_one"))]
    found = discovered.__wrapped__()
    assert added(found) == {"new_one", "old_one"} and ids(found) == []
    del settings.STREAMER_HANDLER_PACKAGES
    assert added(discovered.__wrapped__()) == {"new_one"}


def test_two_handlers_of_one_action_are_both_named(make_package: MakePackage) -> None:
    package = make_package("twice_pack", one=source("pack_one", name="One"), two=source("pack_one", name="Two"))
    message = the_message(discover([package]))
    assert (message.id, message.level) == ("streamer.handlers.E005", Error("").level)
    places = re.findall(r"(twice_pack\.\w+\.\w+) \(.*?/twice_pack/(\w+)\.py, line 5\)", message.msg)
    assert places == [("twice_pack.one.One", "one"), ("twice_pack.two.Two", "two")]


def test_the_same_action_in_two_packages_is_found_too(make_package: MakePackage) -> None:
    first = make_package("pack_a", one=source("pack_one"))
    second = make_package("pack_b", one=source("pack_one"))
    assert re.search(r"pack_a\.one\.Some .* and pack_b\.one\.Some", the_message(discover([first, second])).msg)


def test_one_file_under_two_names_is_told_as_that(make_files: MakeFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_files({"outer/inner.py": source("pack_one")})
    monkeypatch.syspath_prepend(folder / "outer")
    try:
        message = the_message(discover(["outer", "inner"]))
    finally:
        sys.modules.pop("inner", None)
    assert message.id == "streamer.handlers.E005" and "one file" in str(message.hint)


def test_a_handler_found_by_several_names_is_one(make_package: MakePackage) -> None:
    make_package("overlap_pack", one=source("pack_one"), two="from overlap_pack.one import Some\n")
    found = discover(["overlap_pack", "overlap_pack.one", "overlap_pack.two", "overlap_pack"])
    assert added(found) == {"pack_one"} and ids(found) == []


def test_a_mistake_below_two_names_is_told_once(make_package: MakePackage) -> None:
    make_package("told_pack", one=source("pack_one"), two="1 / 0")
    assert ids(discover(["told_pack", "told_pack.two"])) == ["streamer.handlers.E002"]


def test_an_action_of_a_built_in_handler_is_taken_until_that_one_is_switched_off(make_package: MakePackage) -> None:
    package = make_package("echo_pack", one=source("echo"))
    message = the_message(discover([package]))
    assert message.id == "streamer.handlers.E005" and all(
        name in message.msg for name in ("jobs.handlers.echo.Echo (", "echo_pack.one.Some (")
    )
    assert "STREAMER_BUILTIN_HANDLERS=-echo" in str(message.hint)
    found = discover([package], built_in=["-echo"])
    assert ids(found) == [] and type(found.handlers["echo"]).__module__ == "echo_pack.one"


def test_a_built_in_handler_can_be_replaced_by_one_derived_from_it(make_package: MakePackage) -> None:
    derived = "from jobs.handlers.echo import Echo\nclass Louder(Echo):\n    action = 'echo'\n"
    found = discover([f"{make_package('louder_pack', one=derived)}.one"], built_in=["-echo"])
    assert ids(found) == [] and type(found.handlers["echo"]).__qualname__ == "Louder"


def test_a_queue_that_nobody_serves_is_refused_with_the_nearest(make_package: MakePackage) -> None:
    message = the_message(discover([make_package("queue_pack", one=source("pack_one", queue="defualt"))]))
    assert message.id == "streamer.handlers.E006" and message.msg.startswith("queue_pack.one.Some (")
    assert message.hint == "Did you mean 'default'? STREAMER_QUEUES has: default, reports, ml, bulk."


def test_any_error_stops_the_process_with_all_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [Error("One", hint="a", id="x.E1"), Warning("Two", hint="b", id="x.W1"), Error("Three", id="x.E2")]
    monkeypatch.setattr(registry, "discovered", lambda: Discovery(handlers={}, messages=messages))
    assert check_handlers() == messages
    with pytest.raises(ImproperlyConfigured) as caught:
        all_handlers.__wrapped__()
    assert "x.E1" in str(caught.value) and "x.E2" in str(caught.value) and "x.W1" not in str(caught.value)


def test_what_handlers_declare_as_heavy_is_imported(make_package: MakePackage, monkeypatch: pytest.MonkeyPatch) -> None:
    package = make_package("heavy_pack", heavy="loaded = True")
    heavy = type("Heavy", (Handler,), {"preload": (f"{package}.heavy",), "queue": "ml"})
    monkeypatch.setattr(registry, "all_handlers", lambda: {"heavy": heavy()})
    preload_handlers(["default", "reports"])
    assert f"{package}.heavy" not in sys.modules
    preload_handlers(["default", "ml"])
    assert f"{package}.heavy" in sys.modules
