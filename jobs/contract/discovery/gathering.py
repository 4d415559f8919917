"""Gathers the handlers of everything that the settings name, each action once."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import ModuleType
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from jobs.contract.base import Handler
from jobs.contract.discovery.builtin import ALL, left_out
from jobs.contract.discovery.classes import BUILT_IN, HandlerClass, lookalikes_in, make_handler, with_line
from jobs.contract.discovery.importing import is_within
from jobs.contract.discovery.search import Found, search
from jobs.contract.topics import TopicPattern


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """All handlers, and the messages about them."""

    handlers: Mapping[str, Handler[Any]]
    """By action, sorted. Those with an error are left out."""
    messages: Sequence[CheckMessage]
    """``manage.py check`` shows them. With an error among them, no process serves."""
    topics: Sequence[TopicPattern] = ()
    """The patterns of topics that modules hold by a name."""


def discover(names: Iterable[str], *, built_in: Sequence[str] = (ALL,)) -> Discovery:
    """Search the packages and modules ``names``, in addition to the built-in handlers that ``built_in`` leaves on."""
    gathered = _Gathered()
    gathered.add_built_in([word.strip() for word in built_in])
    # Earlier settings named the built-in package too.
    others = [name for name in dict.fromkeys(map(str.strip, names)) if name and not is_within(name, BUILT_IN)]
    for name in others:
        gathered.add(search(name, named=others))
    return gathered.discovery()


class _Gathered:
    def __init__(self) -> None:
        self._handlers: dict[str, Handler[Any]] = {}
        self._messages: list[CheckMessage] = []
        self._modules: list[ModuleType] = []
        self._topics: dict[TopicPattern, None] = {}
        self._seen: set[HandlerClass] = set()

    def add_built_in(self, words: Sequence[str]) -> None:
        # One file or folder is one action. What is deeper imports heavy libraries; a run imports it.
        found = search(BUILT_IN, depth=1)
        # Clients know nothing of internal actions, and handlers of others may need them: the switch leaves them on.
        off, faults = left_out(words, {one.action for one in found.classes if not one.internal})
        self._messages += faults
        self.add(found, leave_out=off)

    def add(self, found: Found, *, leave_out: Iterable[str] = ()) -> None:
        self._messages += found.messages
        self._modules += found.modules
        # One that another module imports is the same one.
        self._topics |= dict.fromkeys(found.topics)
        for handler_class in found.classes:
            if handler_class not in self._seen and handler_class.action not in leave_out:
                self._seen.add(handler_class)
                self._add_class(handler_class)

    def discovery(self) -> Discovery:
        # Only now, because the handlers of a base class may be in a module that was searched later.
        lookalikes = [message for module in dict.fromkeys(self._modules) for message in lookalikes_in(module)]
        messages: list[CheckMessage] = []
        for message in [*self._messages, *lookalikes]:
            if message not in messages:  # a mistake below two names is reported once
                messages.append(message)
        handlers = dict(sorted(self._handlers.items()))
        return Discovery(handlers=handlers, messages=messages, topics=list(self._topics))

    def _add_class(self, handler_class: HandlerClass) -> None:
        handler = make_handler(handler_class)
        if isinstance(handler, CheckMessage):
            self._messages.append(handler)
        elif handler.queue not in settings.RQ_QUEUES:
            self._messages.append(_unknown_queue(handler_class))
        elif handler.action in self._handlers:
            self._messages.append(_repeated(type(self._handlers[handler.action]), handler_class))
        else:
            self._handlers[handler.action] = handler


def _unknown_queue(handler_class: HandlerClass) -> CheckMessage:
    nearest = get_close_matches(handler_class.queue, settings.RQ_QUEUES, n=1)
    question = f"Did you mean '{nearest[0]}'? " if nearest else ""
    hint = f"{question}STREAMER_QUEUES has: {', '.join(settings.RQ_QUEUES)}."
    text = f"{with_line(handler_class)} wants the queue '{handler_class.queue}', which does not exist."
    return Error(text, hint=hint, id="streamer.handlers.E006")


def _repeated(first: HandlerClass, second: HandlerClass) -> CheckMessage:
    action = first.action
    if is_within(first.__module__, BUILT_IN):
        hint = f"Give yours another action, or switch the built-in one off: STREAMER_BUILTIN_HANDLERS=-{action}."
    elif first.__module__ != second.__module__ and _file_of(first) == _file_of(second):
        hint = "Both are from one file, imported under two names. Name it once, and have one folder on the path."
    else:
        hint = "Give one of them another action."
    text = f"Two handlers have the action '{action}': {with_line(first)} and {with_line(second)}."
    return Error(text, hint=hint, id="streamer.handlers.E005")


def _file_of(handler_class: HandlerClass) -> str | None:
    return getattr(sys.modules.get(handler_class.__module__), "__file__", None)
