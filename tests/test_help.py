"""Every command explains itself: what it is for, and each of its arguments. The reference names all its options."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import DjangoHelpFormatter

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = sorted(path.stem for path in ROOT.glob("*/management/commands/streamer_*.py"))
_OF_DJANGO = {*DjangoHelpFormatter.show_last, "--help"}


def parsers_of(name: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield the parser of a command, and those of its verbs."""
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    yield name, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from ((f"{name} {verb}", one) for verb, one in action.choices.items())


def arguments_of(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        is_verb = isinstance(action, argparse._SubParsersAction)
        if not is_verb and not _OF_DJANGO.intersection(action.option_strings):
            yield action


def chapter_of(name: str) -> str:
    """Return what the reference says of a command, and of all commands of its chapter."""
    for chapter in re.split(r"^## ", (ROOT / "docs/reference/commands.md").read_text(), flags=re.MULTILINE):
        opening, *sections = re.split(r"^### ", chapter, flags=re.MULTILINE)
        for section in sections:
            if f"`{name}`" in section.partition("\n")[0]:
                return opening + section
    raise AssertionError(f"{name} is not in the reference")


def test_it_works() -> None:
    assert "streamer_requests" in COMMANDS
    assert "streamer_requests tail" in dict(parsers_of("streamer_requests"))
    assert "--dry-run" in chapter_of("streamer_erase") and "--burst" not in chapter_of("streamer_erase")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_each_of_its_verbs_say_what_they_are_for(name: str) -> None:
    for place, parser in parsers_of(name):
        assert re.fullmatch(r"[A-Z].+\.", parser.description or "", re.DOTALL), place


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_is_explained(name: str) -> None:
    silent = [
        f"{place}: {action.option_strings or action.dest}"
        for place, parser in parsers_of(name)
        for action in arguments_of(parser)
        if not action.help
    ]
    assert silent == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_can_be_printed_with_lines_that_fit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for place, parser in parsers_of(name):
        long = [line for line in parser.format_help().splitlines() if len(line) > 80 and "://" not in line]
        assert long == [], place


@pytest.mark.parametrize("name", COMMANDS)
def test_the_reference_names_every_option(name: str) -> None:
    options = {
        option for _, parser in parsers_of(name) for action in arguments_of(parser) for option in action.option_strings
    }
    known = set(re.findall(r"--[a-z-]+", chapter_of(name)))
    assert options <= known
