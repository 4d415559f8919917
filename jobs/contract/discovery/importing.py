"""Imports modules by name, and turns a failed import into a message of one line."""

import importlib
import sys
import textwrap
import traceback
from types import ModuleType

from django.core.checks import CheckMessage, Error

_MAX_CAUSE = 300


def is_within(name: str, package: str) -> bool:
    """Return True if the dotted ``name`` is ``package`` or below it."""
    return f"{name}.".startswith(f"{package}.")


def import_named(name: str, *, root: str) -> ModuleType | CheckMessage:
    """Import ``name``, found below the package ``root`` that the settings name. A failure becomes a message."""
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # SystemExit: a script that ends itself must not end the process
        return _missing(name) if _is_missing(name, error) else _broken(name, root, error)


def _is_missing(name: str, error: BaseException) -> bool:
    """Return True if ``name`` itself does not exist, and not a module that it imports."""
    if name.startswith("."):
        return True
    return isinstance(error, ModuleNotFoundError) and error.name is not None and is_within(name, error.name)


def _missing(name: str) -> CheckMessage:
    parent, _, attribute = name.rpartition(".")
    if "/" in name or attribute == "py":
        hint = f"Write it with dots, as in an import: {name.removesuffix('.py').strip('./').replace('/', '.')}."
    elif isinstance(getattr(sys.modules.get(parent), attribute, None), type):
        hint = f"That is a class. Name its module: {parent}."
    else:
        hint = "Write it as in an import, and put the folder that holds it on the path: PYTHONPATH=/path/to/folder."
    return Error(f"STREAMER_HANDLERS names '{name}', which does not exist.", hint=hint, id="streamer.handlers.E001")


def _broken(name: str, root: str, error: BaseException) -> CheckMessage:
    cause = textwrap.shorten(f"{type(error).__name__}: {error}", _MAX_CAUSE, placeholder=" …")
    if "INSTALLED_APPS" in cause:
        hint = "Name the Django app of its models in STREAMER_APPS."
    elif isinstance(error, ModuleNotFoundError):
        hint = f"Install the package that has '{error.name}', or correct the import."
    else:
        hint = f"See the whole traceback: manage.py shell -c 'import {name}'."
    text = f"{name} cannot be imported: {cause}{_place(error, root)}."
    return Error(text, hint=hint, id="streamer.handlers.E002")


def _place(error: BaseException, root: str) -> str:
    """Name the last line below ``root`` that was run. A SyntaxError names its own."""
    lines = [
        (str(frame.f_globals["__name__"]), line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if is_within(str(frame.f_globals.get("__name__")), root)
    ]
    return f" (line {lines[-1][1]} of {lines[-1][0]})" if lines else ""
