"""The docstrings below the fields of a class, which Python itself does not keep."""

import ast
import inspect
import re
import textwrap
import threading
from collections.abc import Mapping
from functools import cache

# Bases whose own fields no document shows.
_FOREIGN = frozenset({"builtins", "enum", "msgspec", "pydantic", "typing"})
_IN_JSON = {"None": "null", "True": "true", "False": "false"}
# CPython 3.11 keeps the depth of the tree that it builds in one place for all threads, and raises SystemError when two
# build one at the same moment (https://github.com/python/cpython/issues/106905).
_parsing = threading.Lock()
_VALUES = re.compile(rf"\b({'|'.join(_IN_JSON)})\b")


@cache
def field_docs(described: type) -> Mapping[str, str]:
    """Return field → description, for those that have one, in Markdown. A subclass inherits those of its bases."""
    docs: dict[str, str] = {}
    for base in reversed(described.__mro__):
        if base.__module__.partition(".")[0] not in _FOREIGN:
            docs |= _own(base)
    return docs


def markdown(text: str) -> str:
    """Convert a docstring to Markdown, with the values of JSON in place of Python's."""
    return _VALUES.sub(lambda found: _IN_JSON[found[0]], inspect.cleandoc(text)).replace("``", "`")


def _own(described: type) -> Mapping[str, str]:
    try:
        with _parsing:
            # It parses the whole module to find the class.
            source = inspect.getsource(described)
            [body] = ast.parse(textwrap.dedent(source)).body
    except (OSError, TypeError):  # it was made without a source
        return {}
    assert isinstance(body, ast.ClassDef)
    found = {}
    for before, statement in zip(body.body, body.body[1:], strict=False):
        match statement:
            case ast.Expr(value=ast.Constant(value=str(text))):
                if name := _name(before):
                    found[name] = markdown(text)
    return found


def _name(statement: ast.stmt) -> str | None:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return None
