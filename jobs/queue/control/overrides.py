"""The limits that hold now: those of operators, and without one, those of the settings and handlers.

Every process reads the table anew about once a second, so a change holds everywhere within two, without a restart.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings

from jobs.contract.registry import all_handlers, find_handler
from jobs.models import LimitKind, LimitOverride

READ_SECONDS: Final = 1.0
"""The age, in seconds, at which the limits are read again."""


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """The limits of operators, and through them all limits on what runs at once. Pure, but for the usual limits."""

    numbers: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Kind and name → number."""

    def of_queue(self, queue: str) -> int | None:
        """Return the number of requests of a queue that may run at once; None: as many as there are workers."""
        return self.numbers.get((LimitKind.QUEUE, queue))

    def of_action(self, action: str) -> int | None:
        """Return the number of requests of an action that may run at once; None: as many as there are workers."""
        handler = find_handler(action)
        return self.numbers.get((LimitKind.ACTION, action), handler.max_running if handler else None)

    def of_tenant(self, tenant_id: str) -> int:
        usual = self.numbers.get((LimitKind.TENANT, ""), int(settings.STREAMER_MAX_RUNNING_PER_TENANT))
        return self.numbers.get((LimitKind.TENANT, tenant_id), usual)

    @property
    def per_user(self) -> int:
        return self.numbers.get((LimitKind.USER, ""), int(settings.STREAMER_MAX_RUNNING_PER_USER))

    def names(self, kind: LimitKind) -> tuple[str, ...]:
        """List the names that an operator has limited, apart from the empty one."""
        return tuple(sorted(name for of_kind, name in self.numbers if of_kind == kind and name))

    def capped_actions(self) -> dict[str, int]:
        """Map action → how many run at once, of the actions that have such a limit."""
        names = {*all_handlers(), *self.names(LimitKind.ACTION)}
        return {name: number for name in sorted(names) if (number := self.of_action(name)) is not None}


_overrides = Overrides()
_read_until = 0.0


def live_overrides() -> Overrides:
    """Return the limits of operators, up to a second old. Raises ``django.db.Error`` when they cannot be read."""
    global _overrides, _read_until
    if time.monotonic() >= _read_until:
        rows = LimitOverride.objects.order_by().values_list("kind", "name", "number")
        _overrides = Overrides(numbers={(kind, name): number for kind, name, number in rows})
        _read_until = time.monotonic() + READ_SECONDS
    return _overrides


def forget() -> None:
    """Read the table at the next call."""
    global _read_until
    _read_until = 0.0
