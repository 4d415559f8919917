"""The reference of the log: it lists each line that the code can write, with its level, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "logs.md"
LEVELS = ("debug", "info", "warning", "error")
_METHODS = {**{name: name for name in LEVELS}, "exception": "error", "critical": "error"}
# The place of the text, and the level.
_FUNCTIONS = {"report_unexpected": (1, "error"), "log_refusal": (0, "warning")}
_PASSED_ON = "…"
"""The text of a line that only says what its caller does."""
_ROW = re.compile(r"\| `([^`]+)` \| (\w+) \|")
Line = tuple[str, str]
"""The text, with … for each value, and the level."""


def texts_of(node: ast.expr, module: ast.Module) -> Iterator[str]:
    """Yield the texts that the argument can be."""
    match node:
        case ast.Constant(value=str(text)):
            yield re.sub(r"%[sdr]", "…", text)
        case ast.JoinedStr(values=values):
            yield "".join(one.value if isinstance(one, ast.Constant) else "…" for one in values)  # type: ignore[misc]
        case ast.IfExp(body=body, orelse=otherwise):
            yield from texts_of(body, module)
            yield from texts_of(otherwise, module)
        case ast.Name(id=name):
            yield from _assigned(name, node.lineno, module)


def _assigned(name: str, line: int, module: ast.Module) -> Iterator[str]:
    """Yield the last text that was assigned to the name above the line."""
    before = [
        one
        for one in ast.walk(module)
        if isinstance(one, ast.Assign) and one.lineno < line and getattr(one.targets[0], "id", "") == name
    ]
    if before:
        yield from texts_of(max(before, key=lambda one: one.lineno).value, module)


def lines_of(source: str) -> Iterator[Line]:
    """Yield the lines that a module can write."""
    module = ast.parse(source)
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Attribute(value=ast.Name(id="logger"), attr=method) if method in _METHODS:
                place, level = 0, _METHODS[method]
            case ast.Name(id=name) if name in _FUNCTIONS:
                place, level = _FUNCTIONS[name]
            case _:
                continue
        for text in texts_of(node.args[place], module):
            if text != _PASSED_ON:
                yield text, level


def written() -> set[Line]:
    found: set[Line] = set()
    for path in [one for part in ("jobs", "realtime", "streamer_site") for one in sorted((ROOT / part).rglob("*.py"))]:
        if not path.is_relative_to(ROOT / "jobs" / "testing"):
            found |= set(lines_of(path.read_text()))
    return found


def documented() -> list[Line]:
    return [(text, level) for text, level in _ROW.findall(PAGE.read_text())]


def test_it_works() -> None:
    assert {
        ("Attempt began", "info"),
        ("Connection ended", "info"),
        ("The handler of '…' failed", "error"),
    } <= written()


def test_every_line_is_documented() -> None:
    assert written() - set(documented()) == set()


def test_nothing_else_is_documented() -> None:
    assert set(documented()) - written() == set()
    assert len(documented()) == len(set(documented()))


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("logger.info('a %s b', 1)", [("a … b", "info")]),
        ("logger.exception('a')", [("a", "error")]),
        ("logger.warning('a' if x else f'b {x}')", [("a", "warning"), ("b …", "warning")]),
        ("what = f'{x} broke'\nreport_unexpected(logger, what, error)", [("… broke", "error")]),
        ("log_refusal('no', reason='why')", [("no", "warning")]),
        ("print('a')", []),
    ],
)
def test_every_way_to_write_is_found(source: str, lines: list[Line]) -> None:
    assert list(lines_of(source)) == lines
