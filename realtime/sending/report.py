"""The report about one message or close: the number of connections that were told."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["accepted", "no_such_connection", "unavailable"]


@dataclass(frozen=True, kw_only=True)
class Report:
    """The report that each call returns. It says that web processes were told, not that clients have read."""

    accepted: int = 0
    """The connections whose web process was told. Those that opened in the last second are told, but not counted."""
    processes: int = 0
    """The web processes that were told."""
    unavailable: bool = False
    """True: nobody was told, because Redis is away."""

    @property
    def status(self) -> Status:
        if self.unavailable:
            return "unavailable"
        return "accepted" if self.accepted else "no_such_connection"
