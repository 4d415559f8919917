"""The prose of docstrings: functions begin with a verb, all else with a noun phrase, never with a question word."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]
# With one of these a docstring is a clause or a riddle: the reader has to find out what it is a docstring of.
_NOT_FIRST = re.compile(r"(What|How|Whether|Who|Whose|In what|Which|Where|When|So|That|As|There)\b")
_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each docstring, attributes' included, in ``source``."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, _DOCUMENTED):
            continue
        for place, statement in enumerate(node.body):
            # A text counts at the beginning of a body, or right below an assignment.
            if place and not isinstance(node.body[place - 1], ast.Assign | ast.AnnAssign):
                continue
            match statement:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    yield statement.lineno, text


@pytest.mark.parametrize("folder", ["jobs", "realtime", "streamer_site", "benchmarks", "tests", "clients/python"])
def test_docstrings_begin_with_a_verb_or_a_noun(folder: str) -> None:
    # Migrations are generated. Users read a handler's docstring as the title of its action, by the same rule.
    files = [path for path in (_ROOT / folder).rglob("*.py") if "migrations" not in path.parts]
    wrong = [
        f"{path.relative_to(_ROOT)}:{line} {text.splitlines()[0]}"
        for path in sorted(files)
        for line, text in docstrings(path.read_text(encoding="utf-8"))
        if _NOT_FIRST.match(text)
    ]
    assert wrong == []


def test_a_docstring_of_every_kind_is_found() -> None:
    source = '''"""Module."""
NAME = 1
"""Attribute."""
class Kind:
    """Class."""
    def act(self):
        """Act."""
        "no docstring"
'''
    assert [text for _, text in docstrings(source)] == ["Module.", "Attribute.", "Class.", "Act."]
