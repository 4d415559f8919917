"""Reads ``STREAMER_BUILTIN_HANDLERS``, the switch of the built-in handlers."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from django.core.checks import CheckMessage, Error

ALL, NONE = "all", "none"
_SPELLING = "Write all, none, or the actions to leave out, each with a minus: -delay,-echo."


def left_out(words: Sequence[str], actions: Collection[str]) -> tuple[set[str], list[CheckMessage]]:
    """Return which of the built-in ``actions`` are switched off, and what is wrong with ``words``."""
    if list(words) in ([], [ALL]):
        return set(), []
    if list(words) == [NONE]:
        return set(actions), []
    messages = [fault for word in words if (fault := _fault(word, actions))]
    return {word.removeprefix("-") for word in words} & set(actions), messages


def _fault(word: str, actions: Collection[str]) -> CheckMessage | None:
    action = word.removeprefix("-")
    if word in (ALL, NONE):
        return _error(f"'{word}' stands alone.", _SPELLING)
    if action not in actions:
        nearest = get_close_matches(action, actions, n=1)
        hint = f"Did you mean -{nearest[0]}?" if nearest else f"There are: {', '.join(sorted(actions))}."
        return _error(f"there is no built-in action '{action}'.", hint)
    return None if word.startswith("-") else _error(f"'{word}' has no minus.", _SPELLING)


def _error(text: str, hint: str) -> CheckMessage:
    return Error(f"STREAMER_BUILTIN_HANDLERS: {text}", hint=hint, id="streamer.handlers.E007")
