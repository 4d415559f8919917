"""Holds the handlers: one registry, filled once at start-up, used by sockets and workers alike."""

import importlib
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from jobs.contract.base import Handler
from jobs.contract.discovery.gathering import Discovery, discover


@cache
def discovered() -> Discovery:
    """Search the built-in handlers and what the settings name, once in a process."""
    # The second is the earlier name of the first. An installation's own settings may lack it.
    names = [*settings.STREAMER_HANDLERS, *getattr(settings, "STREAMER_HANDLER_PACKAGES", [])]
    return discover(names, built_in=settings.STREAMER_BUILTIN_HANDLERS)


@cache
def all_handlers() -> Mapping[str, Handler[Any]]:
    """Map action → handler. Raises ``ImproperlyConfigured`` if anything is wrong with any handler."""
    if errors := [str(message) for message in discovered().messages if message.is_serious()]:
        raise ImproperlyConfigured("\n".join(errors))
    return discovered().handlers


def find_handler(action: str) -> Handler[Any] | None:
    return all_handlers().get(action)


def check_handlers(**_: Any) -> list[CheckMessage]:
    """Report what is wrong with handlers, as a system check. ``docs/how-to/outside-handlers.md`` lists the ids."""
    return list(discovered().messages)


def preload_handlers(queues: Collection[str]) -> None:
    """Import what the handlers of ``queues`` declare as heavy. A worker calls it before it forks."""
    for handler in all_handlers().values():
        for module in handler.preload if handler.queue in queues else ():
            importlib.import_module(module)
