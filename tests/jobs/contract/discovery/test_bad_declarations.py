"""The zoo of bad declarations: each is told with its place and a hint."""

import re

import pytest
from django.core.checks import ERROR, WARNING

from jobs.contract.discovery.gathering import discover
from jobs.contract.discovery.search import search
from tests.jobs.contract.conftest import IMPORTS, MakeFiles, MakePackage, places, source

# --- Names and modules ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("no_such_module", "PYTHONPATH="),
        ("no.such.module", "PYTHONPATH="),
        ("here.no_such", "PYTHONPATH="),
        (".relative", "PYTHONPATH="),
        ("here/work.py", "here.work."),
        ("./here/work", "here.work."),
        ("here.work.py", "here.work."),
        ("here.work.Some", "That is a class. Name its module: here.work."),
    ],
)
def test_a_name_that_does_not_exist(name: str, hint: str, make_package: MakePackage) -> None:
    make_package("here", work=source("one"))
    (message,) = search(name).messages
    assert (message.id, message.level) == ("streamer.handlers.E001", ERROR)
    assert f"STREAMER_HANDLERS names '{name}'" in message.msg and hint in str(message.hint)


@pytest.mark.parametrize(
    ("text", "cause", "hint"),
    [
        ("x = 1\n1 / 0", "/broken/work.py, line 2)", "shell -c 'import broken"),
        ("def (", "/broken/work.py, line 1)", "Correct that line"),
        ("import no_such_library", "No module named 'no_such_library'", "Install the package that has 'no_such_lib"),
        ("raise SystemExit", "SystemExit", "shell"),
        ("raise ValueError('one\\n\\ntwo')", "ValueError: one two (", "shell"),
        (
            f"{IMPORTS}class A(Handler[NoPayload]):\n    action = 'No-Good'",
            "'No-Good' is not a valid action name",
            "reference/handlers",
        ),
        (f"{IMPORTS}class A(Handler):\n    action = 'good'", "name its payload", "reference/handlers"),
        ("from django.db import models\nclass M(models.Model): pass", "INSTALLED_APPS", "STREAMER_APPS"),
    ],
    ids=lambda text: str(text)[:20].replace("\n", " "),
)
def test_a_module_that_cannot_be_imported(text: str, cause: str, hint: str, make_package: MakePackage) -> None:
    found = search(make_package("broken", work=text, sound=source("one")))
    (message,) = found.messages
    assert (message.id, message.level) == ("streamer.handlers.E002", ERROR)
    assert message.msg.startswith("broken.work cannot be imported: ") and cause in message.msg
    assert "\n" not in message.msg and hint in str(message.hint)
    assert places(found) == ["broken.sound.Some"]


def test_the_place_is_the_last_line_in_the_package(make_package: MakePackage) -> None:
    package = make_package("chain", models="\n\nraise ValueError('why')", work="from chain.models import X\n")
    assert {message.msg.rpartition("/")[2] for message in search(package).messages} == {"models.py, line 3)."}


@pytest.mark.parametrize("text", ["", "x = 1", "from jobs.handler import *", "import jobs.handlers.echo"])
def test_a_named_module_without_a_handler(text: str, make_files: MakeFiles) -> None:
    make_files({"empty.py": text})
    (message,) = search("empty").messages
    assert (message.id, message.level) == ("streamer.handlers.W003", WARNING)
    assert message.msg == "There is no handler in 'empty'."


# --- Classes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("action = 'x_one'", "has the action 'x_one' but no run"),
        ("action = 'x_one'\n    run = 'fast'", "run that is not a method"),
        ("action = 'x_one'\n    async def run(self, payload, context): ...", "async or yields"),
        ("action = 'x_one'\n    def run(self, payload, context): yield 1", "async or yields"),
        ("action = 'x_one'\n    def run(self, payload): ...", "cannot be called with a payload and a context"),
    ],
)
def test_a_handler_that_could_not_be_run(body: str, fault: str, make_package: MakePackage) -> None:
    found = discover([make_package("runless", work=f"{IMPORTS}class Bad(Handler[NoPayload]):\n    {body}")])
    (message,) = found.messages
    assert (message.id, message.level) == ("streamer.handlers.E003", ERROR)
    assert message.msg.startswith("runless.work.Bad ") and fault in message.msg and message.hint
    assert "x_one" not in found.handlers


def test_a_run_made_by_a_decorator_is_trusted(make_package: MakePackage) -> None:
    text = f"""{IMPORTS}
import functools
class Fine(Handler[NoPayload]):
    action = 'x_one'
    run = functools.partialmethod(lambda self, word, payload, context: {{}}, 'word')
class Loose(Handler[NoPayload]):
    action = 'x_two'
    def run(self, *args, **kwargs): return {{}}
"""
    found = discover([make_package("decorated", work=text)])
    assert found.messages == [] and {"x_one", "x_two"} <= found.handlers.keys()


def test_a_handler_that_cannot_be_made(make_package: MakePackage) -> None:
    text = f"{source('x_one')}\n    def __init__(self, size): ...\n"
    (message,) = discover([make_package("unmade", work=text)]).messages
    assert (message.id, message.level) == ("streamer.handlers.E004", ERROR)
    assert re.match(r"unmade\.work\.Some \(.*/unmade/work\.py, line 5\) cannot be made: TypeError", message.msg)
    assert message.hint


def test_a_handler_without_an_action(make_package: MakePackage) -> None:
    text = f"{IMPORTS}class Bad(Handler[NoPayload]):\n    def run(self, payload, context): ...\n"
    found = discover([make_package("actionless", work=text, sound=source("one"))])
    (message,) = found.messages
    assert (message.id, message.level) == ("streamer.handlers.W001", WARNING)
    assert re.match(r"actionless\.work\.Bad \(.*, line 2\) is a handler without an action", message.msg)
    assert "one" in found.handlers


def test_a_class_that_only_looks_like_a_handler(make_package: MakePackage) -> None:
    text = "class Bad:\n    action = 'bad'\n    def run(self, payload, context): ...\n"
    (message,) = discover([make_package("alike", work=text, sound=source("one"))]).messages
    assert (message.id, message.level) == ("streamer.handlers.W002", WARNING)
    assert re.match(r"alike\.work\.Bad \(.*, line 1\) has an action and a run, but does not derive", message.msg)


# --- Topics -----------------------------------------------------------------------------------------------------


def test_a_pattern_without_sense_is_told_as_a_broken_module(make_files: MakeFiles) -> None:
    make_files({"told.py": "from jobs.handler import TopicPattern\nNEWS = TopicPattern('a..b')\n"})
    (message,) = discover(["told"]).messages
    assert message.id == "streamer.handlers.E002" and "not a segment" in message.msg
