"""Finds the handlers: one registry, filled once at start-up, used by sockets and workers alike."""

import importlib
import pkgutil
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from jobs.contract.base import Handler


@cache
def all_handlers() -> dict[str, Handler[Any]]:
    """Action → handler, from every module of ``STREAMER_HANDLER_PACKAGES``."""
    return collect(settings.STREAMER_HANDLER_PACKAGES)


def collect(packages: Iterable[str]) -> dict[str, Handler[Any]]:
    """Import the modules directly inside ``packages`` and gather their handlers. A repeated action is an error."""
    found: dict[str, Handler[Any]] = {}
    for package_name in packages:
        package = importlib.import_module(package_name)
        for module in pkgutil.iter_modules(package.__path__, f"{package_name}."):
            for handler_class in _handlers_in(module.name):
                _add(found, handler_class)
    return dict(sorted(found.items()))


def find_handler(action: str) -> Handler[Any] | None:
    return all_handlers().get(action)


def preload_handlers(queues: Collection[str]) -> None:
    """Import what the handlers of ``queues`` declare as heavy. A worker calls it before it forks."""
    for handler in all_handlers().values():
        for module in handler.preload if handler.queue in queues else ():
            importlib.import_module(module)


def _handlers_in(module_name: str) -> list[type[Handler[Any]]]:
    module = importlib.import_module(module_name)
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Handler) and value.action and value.__module__ == module_name
    ]


def _add(found: dict[str, Handler[Any]], handler_class: type[Handler[Any]]) -> None:
    action, queue = handler_class.action, handler_class.queue
    if action in found:
        first = type(found[action])
        raise ImproperlyConfigured(
            f"Two handlers claim the action '{action}': {first.__module__}.{first.__qualname__} "
            f"and {handler_class.__module__}.{handler_class.__qualname__}"
        )
    if queue not in settings.RQ_QUEUES:
        raise ImproperlyConfigured(f"{handler_class.__qualname__}: there is no queue '{queue}' in RQ_QUEUES")
    found[action] = handler_class()
