"""The title of a request: asked of its handler once, when the request is submitted."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connections

from jobs.contract.base import Handler, Payload
from jobs.contract.titles.default import default_title, one_line
from jobs.formatting import format_action

logger = logging.getLogger(__name__)

_told: set[type[Handler[Any]]] = set()
"""The handlers of which a fault was logged by this process."""


def title_of(handler: Handler[Any], payload: Payload) -> str:
    """Return the title that the handler gives, on one line of at most 120 characters, or else the default.

    Nothing is raised: a request is worth more than its title. A fault is logged once for each handler and process.
    """
    if type(handler).title is not Handler.title:
        try:
            with _without_queries():
                return usable_title(handler.title(payload))
        except Exception:
            _tell(handler)
    try:
        return default_title(handler.action, payload)
    except Exception:  # a model can make any of its values raise
        _tell(handler)
        return format_action(handler.action)


def usable_title(title: Any) -> str:
    """Return the title that a handler gave, on one line. Raises ``ValueError`` for what is no text."""
    if not isinstance(title, str) or not (line := one_line(title)):
        raise ValueError(f"a title is a text that can be seen, not {title!r:.100}")
    return line


def _tell(handler: Handler[Any]) -> None:
    if type(handler) not in _told:
        _told.add(type(handler))
        logger.exception("'%s' gave no usable title; requests get another", handler.action)


@contextmanager
def _without_queries() -> Iterator[None]:
    """Have statements raise: one that fails would undo the transaction in which a request is submitted."""
    with ExitStack() as refusals:
        for connection in connections.all(initialized_only=True):
            refusals.enter_context(connection.execute_wrapper(_refuse))
        yield


def _refuse(*_: Any) -> Any:
    raise RuntimeError("a title asks no database")
