"""The documentation keeps up with the client."""

import inspect
import re
from pathlib import Path

import pytest
from fakes.scripted import REPOSITORY

import streamer_client
from streamer_client import Client, Handle, SyncClient
from streamer_client.cli import exits
from streamer_client.cli.parser import make_parser
from streamer_client.events import Event
from streamer_client.options import RequestOptions
from streamer_client.sync import Handle as SyncHandle

DOCS = REPOSITORY / "docs" / "reference"
pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation is not beside this package")
_SUBCOMMANDS = make_parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr]


def code_of(name: str) -> set[str]:
    spans = re.findall(r"```.*?```|`[^`\n]+`", (DOCS / name).read_text(), re.DOTALL)
    return set(re.findall(r"[\w-]+", " ".join(spans)))


def public(described: type) -> list[str]:
    return [name for name in dir(described) if not name.startswith("_")]


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            *(name for name in streamer_client.__all__ if name not in ("__version__", "OnProgress", "TokenProvider")),
            *(name for name in inspect.signature(Client).parameters if name != "self"),
            *(name for name in public(Client) if name != "address"),
            *public(Handle),
            *(name for kind in Event.__subclasses__() for name in public(kind)),
            *RequestOptions.__annotations__,
        }
    ),
)
def test_the_reference_names(name: str) -> None:
    assert name in code_of("python-client.md")


@pytest.mark.parametrize("name", sorted(_SUBCOMMANDS))
def test_the_page_of_commands_names(name: str) -> None:
    options = [option for action in _SUBCOMMANDS[name]._actions for option in action.option_strings if option[2:]]
    assert {name, *options} - {"-h", "--help"} <= code_of("client-commands.md")


def test_the_page_of_commands_names_common_options() -> None:
    options = {option for action in make_parser()._actions for option in action.option_strings}
    assert options - {"-h", "--help"} <= code_of("client-commands.md")


@pytest.mark.parametrize("code", [exits.SUCCESS, exits.FAILED, exits.USAGE, exits.NO_CONNECTION, exits.INTERRUPTED])
def test_the_page_of_commands_names_exit_codes(code: int) -> None:
    assert f"\n- {code}: " in (DOCS / "client-commands.md").read_text()


@pytest.mark.parametrize(("asynchronous", "blocking"), [(Client, SyncClient), (Handle, SyncHandle)])
def test_both_faces_have_the_same_names(asynchronous: type, blocking: type) -> None:
    # Attributes of an asynchronous handle are properties of a blocking one.
    assert set(public(asynchronous)) - {"address", "events"} == set(public(blocking)) - {"id", "acknowledgment"}


def test_lines_of_the_readme_are_at_most_100_characters() -> None:
    files = [Path(__file__).resolve().parents[1] / name for name in ("README.md", "CHANGELOG.md")]
    assert [line for file in files for line in file.read_text().splitlines() if len(line) > 100] == []
