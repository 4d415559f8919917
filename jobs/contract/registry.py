"""Holds the handlers: one registry, filled at start-up, used by sockets and workers alike."""

import importlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ImproperlyConfigured
from django.dispatch import Signal

from jobs.contract.base import Handler, refuse_left_out
from jobs.contract.discovery.classes import place_of
from jobs.contract.discovery.gathering import Discovery, discover
from jobs.contract.forms.examples import Example
from jobs.contract.forms.faults import form_faults
from jobs.contract.source import source_names
from jobs.errors import InvalidPayload

CHECKS_TAG: Final = "streamer_handlers"
"""The tag of the system checks that look at what was discovered."""
handlers_reloaded = Signal()
"""Sent after newer code has replaced the handlers of this process. What was remembered of the old ones is void."""
# What has replaced the first discovery, in development.
_latest: list[Discovery] = []


def named() -> Sequence[str]:
    """List the packages and modules that the settings name."""
    # The second is the earlier name of the first. An installation's own settings may lack it.
    names = [*settings.STREAMER_HANDLERS, *getattr(settings, "STREAMER_HANDLER_PACKAGES", [])]
    return [name.strip() for name in names if name.strip()]


def search_again() -> Discovery:
    """Search the built-in handlers and what the settings name."""
    return discover(named(), built_in=settings.STREAMER_BUILTIN_HANDLERS)


@cache
def discovered() -> Discovery:
    """Return what was found: by a search once in a process, unless that was replaced."""
    return _latest[-1] if _latest else search_again()


def replace(found: Discovery) -> Callable[[], None]:
    """Serve other handlers from now on. Return a function that takes it back."""
    before = discovered()
    _serve(found)
    return lambda: _serve(before)


def _serve(found: Discovery) -> None:
    _latest[:] = [found]
    discovered.cache_clear()
    all_handlers.cache_clear()


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


def check_forms(**_: Any) -> list[CheckMessage]:
    """Warn of form keys and examples that do not fit, as a system check. The forms work without them."""
    found = discovered()
    # With a broken handler no process starts, and payloads that name an action cannot be validated.
    if any(message.is_serious() for message in found.messages):
        return []
    return [message for handler in found.handlers.values() for message in _form_messages(handler)]


def _form_messages(handler: Handler[Any]) -> Iterator[CheckMessage]:
    place = place_of(type(handler))
    for fault in form_faults(handler.payload_model.model_json_schema()):
        yield Warning(f"{place}: {fault.field}: {fault.text}.", hint=fault.hint, id="streamer.handlers.W005")
    for example in handler.examples:
        if example.source is not None and example.source not in source_names():
            continue
        if text := fault_of_example(handler, example):
            text = f"{place}: the payload of the example '{example.title}' does not fit: {text}."
            yield Warning(text, hint="The console does not offer it.", id="streamer.handlers.W006")


def fault_of_example(handler: Handler[Any], example: Example) -> str:
    """Return the first fault of the payload of an example, else an empty text."""
    try:
        refuse_left_out(handler.parse(example.payload))
    except InvalidPayload as error:
        return ": ".join(filter(None, (error.faults[0]["path"], error.faults[0]["message"])))
    except Exception as error:  # a mistake in a handler's own ``parse`` must not take the list of actions with it
        return f"{type(error).__name__}: {error}"
    return ""


def preload_handlers(queues: Collection[str]) -> None:
    """Import what the handlers of ``queues`` declare as heavy. A worker calls it before it forks."""
    for handler in all_handlers().values():
        for module in handler.preload if handler.queue in queues else ():
            importlib.import_module(module)
