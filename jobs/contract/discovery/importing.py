"""Imports modules by name, and turns a failed import into a message of one line."""

import importlib
import os
import sys
import textwrap
import traceback
from types import ModuleType

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

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
    cause = cause_of(error, root)
    if "INSTALLED_APPS" in cause:
        hint = "Name the Django app of its models in STREAMER_APPS."
    elif isinstance(error, ModuleNotFoundError):
        hint = f"Install the package that has '{error.name}', or correct the import."
    elif isinstance(error, SyntaxError):
        hint = "Correct that line."
    elif isinstance(error, ImproperlyConfigured):
        hint = "docs/reference/handlers.md says what a class may have."
    else:
        hint = f"See the whole traceback: manage.py shell -c 'import {name}'."
    text = f"{name} cannot be imported: {cause}."
    return Error(text, hint=hint, id="streamer.handlers.E002")


def cause_of(error: BaseException, root: str = "") -> str:
    """Return the error in one line, with file and line: the last that was run below ``root``, if it is given."""
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    cause = textwrap.shorten(f"{type(error).__name__}: {text}".rstrip(".: "), _MAX_CAUSE, placeholder=" …")
    place = _place(error, root)
    return f"{cause} ({place})" if place else cause


def shown_path(path: str) -> str:
    """Return the path, relative to the working directory where it is below that."""
    return os.path.relpath(path) if path.startswith(f"{os.getcwd()}{os.sep}") else path


def _place(error: BaseException, root: str) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shown_path(error.filename)}, line {error.lineno}"
    frames = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if root and is_within(str(frame.f_globals.get("__name__")), root)
    ]
    return f"{shown_path(frames[-1][0])}, line {frames[-1][1]}" if frames else ""
