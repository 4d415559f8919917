"""System checks over declared settings, for projects that give them in Python."""

from collections.abc import Iterable
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from jobs.conf.declared import DECLARED
from jobs.conf.faults import nearest_name
from jobs.conf.setting import Setting

TAG: Final = "streamer"
"""The tag of the checks without which nothing of Streamer can start."""
# Below this, two names of the documentation would be taken for one another.
_SIMILAR = 0.93


def check_declared(**_: Any) -> list[CheckMessage]:
    """Check the value of every setting that jobs reads, and warn of names that look misspelt."""
    return [*faults_of(DECLARED), *_misspelt()]


def line_of(message: CheckMessage) -> str:
    """Put a message of a system check into one line."""
    text = " ".join(f"{message.msg.rstrip('.')}. {message.hint or ''}".split())
    return f"{text} ({message.id})" if message.id else text


def faults_of(declared: Iterable[Setting]) -> list[CheckMessage]:
    """Check the values that Django's settings have for ``declared``."""
    faults = [fault for one in declared if (fault := one.fault_of(getattr(settings, one.name)))]
    return [Error(fault.problem, hint=fault.hint, id="streamer.settings.E001") for fault in faults]


def _misspelt() -> list[CheckMessage]:
    names = {one.name for one in DECLARED}
    given = [name for name in dir(settings) if name.startswith("STREAMER_") and name not in names]
    pairs = [(name, nearest) for name in given if (nearest := nearest_name(name, names, cutoff=_SIMILAR))]
    return [
        Warning(f"{name} is no setting of Streamer.", hint=f"Did you mean {nearest}?", id="streamer.settings.W001")
        for name, nearest in pairs
    ]
