"""Judges classes: which are handlers, which only look like one, and which could not be run."""

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from django.core.checks import CheckMessage, Error, Warning

from jobs.contract.base import Handler
from jobs.contract.discovery.importing import is_within, shown_path

BUILT_IN = "jobs.handlers"
HandlerClass = type[Handler[Any]]


def place_of(handler_class: type) -> str:
    return f"{handler_class.__module__}.{handler_class.__qualname__}"


def with_line(handler_class: type) -> str:
    """Name the class, with its file and line where the source is at hand."""
    try:
        path, line = inspect.getsourcefile(handler_class) or "", inspect.findsource(handler_class)[1] + 1
    except (OSError, TypeError):
        return place_of(handler_class)
    return f"{place_of(handler_class)} ({shown_path(path)}, line {line})"


def handlers_in(module: ModuleType, *, root: str) -> Iterator[HandlerClass]:
    """Find the handlers of one module, in their order.

    In the module ``root``, which the settings name, imported classes count too; below it, only those defined below it.
    Built-in ones count nowhere else: the settings switch them on and off.
    """
    for value in list(vars(module).values()):
        if not (isinstance(value, type) and issubclass(value, Handler) and value.action):
            continue
        home = value.__module__
        if is_within(home, BUILT_IN) and not is_within(root, BUILT_IN):
            continue
        if module.__name__ == root or is_within(home, root):
            yield value


def lookalikes_in(module: ModuleType) -> Iterator[CheckMessage]:
    """Report the classes defined in ``module`` that look like handlers but are none."""
    for value in list(vars(module).values()):
        if not isinstance(value, type) or value.__module__ != module.__name__:
            continue
        if issubclass(value, Handler):
            if not value.action and not value.__subclasses__():
                hint = 'Set it, as in action = "count_words". A base class is fine once a handler derives from it.'
                text = f"{with_line(value)} is a handler without an action, so nobody can call it."
                yield Warning(text, hint=hint, id="streamer.handlers.W001")
        elif isinstance(vars(value).get("action"), str) and callable(vars(value).get("run")):
            hint = "Derive it: class MyHandler(Handler[MyPayload]), with Handler from jobs.handler."
            text = f"{with_line(value)} has an action and a run, but does not derive from Handler."
            yield Warning(text, hint=hint, id="streamer.handlers.W002")


def make_handler(handler_class: HandlerClass) -> Handler[Any] | CheckMessage:
    """Make the one instance that serves all requests."""
    if fault := _fault_of_run(handler_class):
        hint = "Write def run(self, payload, context), and return what the client gets as result."
        return Error(f"{with_line(handler_class)} {fault}.", hint=hint, id="streamer.handlers.E003")
    try:
        return handler_class()
    except Exception as error:
        hint = "It is made once, without arguments, and serves all requests. What one run needs belongs into run."
        text = f"{with_line(handler_class)} cannot be made: {type(error).__name__}: {error}."
        return Error(text, hint=hint, id="streamer.handlers.E004")


def _fault_of_run(handler_class: HandlerClass) -> str | None:
    run = inspect.getattr_static(handler_class, "run")
    if run is inspect.getattr_static(Handler, "run"):
        return f"has the action '{handler_class.action}' but no run"
    bound: Any = handler_class.run
    if not callable(bound):
        return "has a run that is not a method"
    if inspect.iscoroutinefunction(run) or inspect.isasyncgenfunction(run) or inspect.isgeneratorfunction(run):
        return "has a run that is async or yields"
    if not inspect.isfunction(run):
        return None  # made by a decorator; its signature says nothing reliable
    try:
        inspect.signature(run).bind(None, None, None)
    except TypeError:
        return "has a run that cannot be called with a payload and a context"
    return None
