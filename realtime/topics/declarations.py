"""Reads the patterns of topics that ``STREAMER_TOPICS`` declares, and says what is wrong with them."""

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

import msgspec
from django.utils.module_loading import import_string

from jobs.contract.topics import TopicAccess, TopicHistory, TopicPattern

T = TypeVar("T")
_OPTIONS = ("subscribe", "publish", "history", "presence")


def read_setting(value: Any) -> tuple[list[TopicPattern], list[str]]:
    """Return the patterns, and a text for each that is left out because of a mistake. ``value`` may be JSON."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value or "{}")
        except msgspec.DecodeError as error:
            return [], [f"this is not JSON: {error}"]
    if not isinstance(value, Mapping):
        return [], ["it is an object of patterns with their options"]
    patterns, faults = [], []
    for pattern, options in value.items():
        try:
            patterns.append(_read(pattern, options))
        except ValueError as error:
            faults.append(f"'{pattern}': {error}")
    return patterns, faults


def _read(pattern: Any, options: Any) -> TopicPattern:
    _demand_known(options, _OPTIONS)
    return TopicPattern(
        pattern,
        subscribe=_in_option("subscribe", _access, options),
        publish=_in_option("publish", _access, options),
        history=_in_option("history", _history, options),
        presence=options.get("presence", False),
    )


def _in_option(name: str, read: Callable[[Any], T], options: Mapping[str, Any]) -> T | None:
    value = options.get(name)
    if value is None or value is False:
        return None
    try:
        return read(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _access(value: Any) -> TopicAccess:
    if value is True:
        return TopicAccess()
    if isinstance(value, str):
        return TopicAccess(permission=value)
    _demand_known(value, ("permission", "check"))
    return TopicAccess(permission=value.get("permission"), check=_function(value.get("check")))


def _function(path: Any) -> Any:
    if path is None:
        return None
    try:
        return import_string(path)
    except (ImportError, TypeError, AttributeError) as error:
        raise ValueError(f"the check '{path}' cannot be imported: {error}") from None


def _history(value: Any) -> TopicHistory:
    if isinstance(value, int) and not isinstance(value, bool):
        return TopicHistory(messages=value)
    _demand_known(value, ("messages", "seconds"))
    if not value:
        raise ValueError("name messages, or seconds, or both")
    return TopicHistory(**value)


def _demand_known(value: Any, known: Collection[str]) -> None:
    if not isinstance(value, Mapping):
        raise ValueError(f"'{value}' is no object with {', '.join(known)}")
    for name in value:
        if name not in known:
            nearest = get_close_matches(str(name), known, n=1)
            hint = f"did you mean '{nearest[0]}'?" if nearest else f"there are {', '.join(known)}"
            raise ValueError(f"there is no option '{name}'; {hint}")
