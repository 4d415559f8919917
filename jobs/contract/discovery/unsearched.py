"""Looks at the text of modules that are not imported, so that no handler in them is silently left out."""

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from pkgutil import ModuleInfo
from types import ModuleType

from django.core.checks import CheckMessage, Info, Warning

from jobs.contract.discovery.importing import is_within

_TEST_CODE = ("tests", "conftest")
_OTHER = ("migrations", "management", "__main__")
# Parsing takes milliseconds a file, and most files have nothing like this line.
_ACTION_LINE = re.compile(r"^\s+action\b.*=\s*[\"']", re.MULTILINE)


def is_test_code(short_name: str) -> bool:
    return short_name in _TEST_CODE or short_name.startswith("test_")


def is_unsearched(short_name: str) -> bool:
    return short_name in _OTHER or is_test_code(short_name)


def handlers_left_out(info: ModuleInfo, named: Collection[str]) -> Iterator[CheckMessage]:
    """Report what looks like a handler in a module that is not searched, unless ``named`` has the module."""
    short_name = info.name.rpartition(".")[2]
    path = Path(getattr(info.module_finder, "path", ""), short_name)
    found = _lookalikes(path if info.ispkg else path.with_suffix(".py"), info.name, named)
    if not found:
        return
    text = f"{info.name} is not searched, but has what looks like a handler: {', '.join(found)}."
    hint = f"Move the class, or name {info.name} in STREAMER_HANDLERS."
    if is_test_code(short_name):
        yield Info(text, hint=hint, id="streamer.handlers.I001")
    else:
        yield Warning(text, hint=hint, id="streamer.handlers.W004")


def folders_left_out(package: ModuleType, named: Collection[str]) -> Iterator[CheckMessage]:
    """Report folders without ``__init__.py`` that have what looks like a handler: Python does not list them."""
    for folder in sorted(path for place in package.__path__ if Path(place).is_dir() for path in Path(place).iterdir()):
        if not (folder.is_dir() and folder.name.isidentifier()) or (folder / "__init__.py").exists():
            continue
        name = f"{package.__name__}.{folder.name}"
        if not is_unsearched(folder.name) and (found := _lookalikes(folder, name, named)):
            text = f"{name} is not searched, but has what looks like a handler: {', '.join(found)}."
            hint = f"Make it a package: add an empty __init__.py to the folder {folder}."
            yield Warning(text, hint=hint, id="streamer.handlers.W004")


def _lookalikes(path: Path, name: str, named: Collection[str]) -> list[str]:
    """List the classes, by dotted name, in the file at ``path`` or in all files below the folder."""
    found = []
    for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
        inner = file.relative_to(path).parts[:-1] + (() if file == path or file.stem == "__init__" else (file.stem,))
        module = ".".join([name, *inner])
        if not any(is_within(module, one) for one in named):
            found += [f"{module}.{class_name}" for class_name in _classes_in(file)]
    return found


def _classes_in(file: Path) -> list[str]:
    try:
        source = file.read_text()
        tree = ast.parse(source) if _ACTION_LINE.search(source) else None
    except (OSError, ValueError, SyntaxError):  # ValueError: the text is not UTF-8
        return []
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef) and _is_like_one(node)] if tree else []


def _is_like_one(node: ast.ClassDef) -> bool:
    targets = [target for one in node.body if isinstance(one, ast.Assign) for target in one.targets]
    targets += [one.target for one in node.body if isinstance(one, ast.AnnAssign) and one.value]
    has_action = any(isinstance(target, ast.Name) and target.id == "action" for target in targets)
    return has_action and any(isinstance(one, ast.FunctionDef) and one.name == "run" for one in node.body)
