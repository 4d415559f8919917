"""The parts that the help texts of all commands share: options, examples and exit statuses."""

import argparse
import textwrap
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser, DjangoHelpFormatter


class HelpFormatter(DjangoHelpFormatter):
    """Wraps each line of a text by itself, below its own indent, so that lists and examples keep their lines."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(_wrapped(line, width, indent) for line in text.splitlines())


def _wrapped(line: str, width: int, indent: str) -> str:
    lead = indent + " " * (len(line) - len(line.lstrip()))
    further = f"{lead}   " if lead else lead
    options: Any = {"initial_indent": lead, "subsequent_indent": further, "break_on_hyphens": False}
    return textwrap.fill(line.strip(), width, break_long_words=False, **options)


def explain(
    parser: CommandParser, *, examples: Mapping[str, str] | None = None, exits: Mapping[int, str] | None = None
) -> None:
    """Put examples (command line → what it does) and exit statuses below the options of ``--help``."""
    lines = []
    if examples:
        lines.append("examples:")
        for command, meaning in examples.items():
            lines += [f"  manage.py {command}", f"      {meaning}"]
    if examples and exits:
        lines.append("")
    if exits:
        lines += ["exit status:", *(f"  {status}  {meaning}" for status, meaning in exits.items())]
    parser.formatter_class = HelpFormatter
    parser.epilog = "\n".join(lines)


def add_verb(verbs: "argparse._SubParsersAction[CommandParser]", name: str, text: str) -> CommandParser:
    """Add a sub-command. ``text`` stands in the list of them, and as a sentence in the sub-command's own help."""
    return verbs.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", formatter_class=HelpFormatter)


def add_json(parser: "argparse._ActionsContainer", dest: str = "as_json") -> None:
    parser.add_argument("--json", action="store_true", dest=dest, help="print JSON instead of text")


def add_dry_run(parser: "argparse._ActionsContainer", text: str) -> None:
    """``text`` says what is printed in place of what would be done."""
    parser.add_argument("--dry-run", action="store_true", help=f"change nothing; print {text}")


AWAY = "wrong arguments, or the database or Redis does not answer"
"""The meaning of exit status 2 for most commands."""
