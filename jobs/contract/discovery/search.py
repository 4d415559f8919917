"""Walks one package or module that the settings name."""

import pkgutil
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from types import ModuleType

from django.core.checks import CheckMessage, Warning

from jobs.contract.discovery.classes import HandlerClass, handlers_in
from jobs.contract.discovery.importing import import_named
from jobs.contract.discovery.unsearched import folders_left_out, handlers_left_out, is_unsearched
from jobs.contract.topics import TopicPattern


@dataclass(frozen=True, kw_only=True)
class Found:
    """The findings of a search for one name."""

    modules: list[ModuleType] = field(default_factory=list)
    """All modules that were searched."""
    classes: list[HandlerClass] = field(default_factory=list)
    topics: list[TopicPattern] = field(default_factory=list)
    messages: list[CheckMessage] = field(default_factory=list)


def search(name: str, *, named: Collection[str] = (), depth: int = sys.maxsize) -> Found:
    """Import ``name`` and the modules of ``depth`` levels below it, and find their handlers and topics.

    ``named``: the other names of the settings, which are searched anyway.
    """
    walked = list(_walk(name, named, depth))
    modules = [one for one in walked if isinstance(one, ModuleType)]
    messages = [one for one in walked if isinstance(one, CheckMessage)]
    classes = list(dict.fromkeys(one for module in modules for one in handlers_in(module, root=name)))
    topics = [value for module in modules for value in vars(module).values() if isinstance(value, TopicPattern)]
    if not classes and not topics and not any(message.is_serious() for message in messages):
        hint = "A handler derives from jobs.handler.Handler and has an action. Correct the name, or take it out."
        messages.append(Warning(f"There is no handler in '{name}'.", hint=hint, id="streamer.handlers.W003"))
    return Found(modules=modules, classes=classes, topics=topics, messages=messages)


def _walk(name: str, named: Collection[str], depth: int) -> Iterator[ModuleType | CheckMessage]:
    module = import_named(name, root=name)
    yield module
    if isinstance(module, ModuleType):
        yield from _walk_below(module, name, named, depth)


def _walk_below(
    package: ModuleType, root: str, named: Collection[str], depth: int
) -> Iterator[ModuleType | CheckMessage]:
    if not depth or not hasattr(package, "__path__"):
        return
    for info in sorted(pkgutil.iter_modules(package.__path__, f"{package.__name__}."), key=lambda one: one.name):
        if is_unsearched(info.name.rpartition(".")[2]):
            yield from handlers_left_out(info, named)
            continue
        module = import_named(info.name, root=root)
        yield module
        if isinstance(module, ModuleType):
            yield from _walk_below(module, root, named, depth - 1)
    yield from folders_left_out(package, named)
