"""The search of packages and modules: which classes count, and which places are searched."""

import sys

from django.core.checks import INFO, WARNING

from jobs.contract.discovery.gathering import discover
from jobs.contract.discovery.search import Found, search
from tests.jobs.contract.conftest import IMPORTS, MakeFiles, places, source


def ids(found: Found) -> list[str | None]:
    assert all(message.hint for message in found.messages)
    return [message.id for message in found.messages]


# --- What is found ----------------------------------------------------------------------------------------------


def test_it_works(make_files: MakeFiles) -> None:
    make_files(
        {
            "deep/__init__.py": source("in_init", name="InInit"),
            "deep/_private.py": source("private", name="Private"),
            "deep/one.py": source("one", name="One"),
            "deep/sub/__init__.py": source("in_sub", name="InSub"),
            "deep/sub/more/__init__.py": "",
            "deep/sub/more/two.py": source("two", name="Two"),
        }
    )
    found = search("deep")
    assert places(found) == [
        "deep.InInit",
        "deep._private.Private",
        "deep.one.One",
        "deep.sub.InSub",
        "deep.sub.more.two.Two",
    ]
    assert ids(found) == []


def test_a_plain_module_is_taken_as_it_is(make_files: MakeFiles) -> None:
    make_files({"plain.py": source("one"), "pack/__init__.py": "1 / 1", "pack/work.py": source("two")})
    assert places(search("plain")) == ["plain.Some"]
    assert places(search("pack.work")) == ["pack.work.Some"]


def test_a_folder_without_init_can_be_named(make_files: MakeFiles) -> None:
    make_files({"folder/work.py": source("one")})
    assert places(search("folder")) == ["folder.work.Some"]


def test_a_handler_re_exported_from_everywhere_is_found_once(make_files: MakeFiles) -> None:
    again = "from again.sub.work import Some\nAlias = Some\n"
    make_files(
        {
            "again/__init__.py": again,
            "again/one.py": again,
            "again/sub/__init__.py": again,
            "again/sub/work.py": source("one"),
        }
    )
    assert places(search("again")) == ["again.sub.work.Some"]


def test_what_the_named_module_imports_counts(make_files: MakeFiles) -> None:
    make_files({"elsewhere/work.py": source("one"), "named.py": "from elsewhere.work import Some\n"})
    assert places(search("named")) == ["elsewhere.work.Some"]


def test_what_a_module_below_it_imports_from_elsewhere_does_not_count(make_files: MakeFiles) -> None:
    derived = "from elsewhere.work import Some\nclass Mine(Some):\n    action = 'mine'\n"
    make_files({"elsewhere/work.py": source("one"), "named/__init__.py": "", "named/work.py": derived})
    assert places(search("named")) == ["named.work.Mine"]


def test_built_in_handlers_count_only_where_they_are_at_home(make_files: MakeFiles) -> None:
    make_files({"borrowed.py": "from jobs.handlers.echo import Echo, EchoAsync\n"})
    assert places(search("borrowed")) == []
    assert "jobs.handlers.echo.Echo" in places(search("jobs.handlers"))


def test_a_base_class_is_fine_once_a_handler_derives_from_it(make_files: MakeFiles) -> None:
    base = f"{IMPORTS}class Base(Handler[NoPayload]):\n    def run(self, payload, context):\n        return {{}}\n"
    make_files(
        {
            "based/__init__.py": "",
            "based/base.py": base,
            "based/work.py": "from based.base import Base\nclass One(Base):\n    action = 'one'\n",
        }
    )
    found = discover(["based"])
    assert "one" in found.handlers and found.messages == []


def test_the_depth_of_a_search_can_be_limited(make_files: MakeFiles) -> None:
    make_files(
        {
            "levels/__init__.py": "",
            "levels/one/__init__.py": source("one"),
            "levels/one/two.py": source("two", name="Two"),
        }
    )
    assert places(search("levels", depth=1)) == ["levels.one.Some"]
    assert "levels.one.two" not in sys.modules


# --- What is not searched ---------------------------------------------------------------------------------------


def test_tests_migrations_and_management_are_not_imported(make_files: MakeFiles) -> None:
    silent = ("tests/__init__", "tests/test_x", "migrations/__init__", "management/__init__", "__main__", "conftest")
    make_files({"quiet/__init__.py": source("one"), **{f"quiet/{name}.py": "1 / 0" for name in silent}})
    found = search("quiet")
    assert places(found) == ["quiet.Some"] and ids(found) == []


def test_a_handler_in_them_is_told(make_files: MakeFiles) -> None:
    make_files(
        {
            "lost/__init__.py": source("one"),
            "lost/management/__init__.py": "",
            "lost/management/work.py": source("two", name="Two"),
            "lost/tests/__init__.py": "",
            "lost/tests/zoo.py": source("three", name="Three") + source("four", name="Four"),
            "lost/test_more.py": source("five", name="Five"),
        }
    )
    found = search("lost")
    assert places(found) == ["lost.Some"]
    assert [(one.id, one.level) for one in found.messages] == [
        ("streamer.handlers.W004", WARNING),
        ("streamer.handlers.I001", INFO),
        ("streamer.handlers.I001", INFO),
    ]
    management, more, zoo = found.messages
    assert management.msg == (
        "lost.management is not searched, but has what looks like a handler: lost.management.work.Two."
    )
    assert "lost.management in STREAMER_HANDLERS" in str(management.hint)
    assert "lost.test_more.Five" in more.msg and "lost.tests.zoo.Three, lost.tests.zoo.Four" in zoo.msg


def test_unless_the_settings_name_the_place_too(make_files: MakeFiles) -> None:
    make_files(
        {
            "both/__init__.py": source("one"),
            "both/tests/__init__.py": "",
            "both/tests/zoo.py": source("two", name="Two"),
        }
    )
    assert ids(search("both")) == ["streamer.handlers.I001"]
    found = discover(["both", "both.tests.zoo"])
    assert {"one", "two"} <= found.handlers.keys() and found.messages == []


def test_a_folder_without_init_that_has_a_handler_is_told(make_files: MakeFiles) -> None:
    folder = make_files(
        {
            "half/__init__.py": source("one"),
            "half/work/two.py": source("two", name="Two"),
            "half/data/notes.py": "action = 'none'\n1 / 0\n",
            "half/data/broken.py": "    action = 'x'\n  ) (",
        }
    )
    (message,) = search("half").messages
    assert message.id == "streamer.handlers.W004" and message.msg.endswith("handler: half.work.two.Two.")
    assert str(folder / "half/work") in str(message.hint) and "__init__.py" in str(message.hint)


# --- Topics -----------------------------------------------------------------------------------------------------


def test_topics_are_found_by_their_names_and_each_counts_once(make_files: MakeFiles) -> None:
    make_files(
        {
            "told/__init__.py": "from told.topics import NEWS\n",
            "told/topics.py": "from jobs.handler import TopicPattern\nNEWS, PRICES = map(TopicPattern, ['n', 'p.*'])\n",
        }
    )
    discovery = discover(["told"])
    assert [one.pattern for one in discovery.topics] == ["n", "p.*"] and list(discovery.messages) == []
