"""The content of the page, and what each key does to it. It asks the database, and knows no terminal."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from jobs.metrics.summary import summary
from jobs.models import AsyncRequest, PausedAction
from jobs.operations.acts import begin, carry_on
from jobs.operations.audit import command_actor, record
from jobs.operations.selection import Selection
from jobs.operations.tally import count_words
from jobs.operations.verbs import VERBS
from jobs.queue.health.probes import probe_services
from jobs.queue.pauses import NotPaused, UnknownAction, pause_action, resume_action

VIEWS: Final = {"live": "Waiting and running", "failed": "Failed", "all": "All"}
_SINCE: Final = timedelta(hours=1)
_MAX_ROWS: Final = 100


@dataclass
class Board:
    """The page. ``refresh`` reads everything anew; ``press`` does what a key means."""

    view: str = "live"
    selected: int = 0
    asks: str = ""
    """The key that was pressed, and must be pressed again to be done."""
    said: str = ""
    """A sentence about what the last key did."""
    wants_help: bool = False
    is_over: bool = False
    moment: datetime = field(default_factory=timezone.now)
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[AsyncRequest] = ()

    def refresh(self) -> None:
        self.moment = timezone.now()
        self.parts = probe_services()["parts"]
        self.figures = summary(self.moment, _SINCE)
        current = self.current
        self.rows = list(self._wanted()[:_MAX_ROWS])
        # The same request stays chosen, wherever it has moved to.
        ids = [row.id for row in self.rows]
        if current is not None and current.id in ids:
            self.selected = ids.index(current.id)
        self.selected = max(0, min(self.selected, len(self.rows) - 1))

    @property
    def current(self) -> AsyncRequest | None:
        return self.rows[self.selected] if self.selected < len(self.rows) else None

    def press(self, key: str) -> None:
        """Do what a key means. What changes a request is done when its key is pressed twice."""
        asked, self.asks = self.asks, ""
        if key in _MOVES:
            self.selected = max(0, min(self.selected + _MOVES[key], len(self.rows) - 1))
        elif key == "q":
            self.is_over = True
        elif key == "?":
            self.wants_help = not self.wants_help
        elif key == "f":
            names = list(VIEWS)
            self.view = names[(names.index(self.view) + 1) % len(names)]
            self.selected, self.rows = 0, list(self._wanted()[:_MAX_ROWS])
        elif key in _CHANGES and self.current is not None:
            name, change = _CHANGES[key]
            if asked == key:
                self.said = change(self.current)
            else:
                self.asks, self.said = key, f"Press {key} again to {name} {self._told(key, self.current)}"

    def _told(self, key: str, row: AsyncRequest) -> str:
        return f"all of {row.action}" if key == "p" else f"{row.action} {str(row.id)[:8]}"

    def _wanted(self) -> Any:
        rows = AsyncRequest.objects.filter(parent__isnull=True).defer("payload", "result", "resume_state")
        if self.view == "live":
            rows = rows.filter(finished_at__isnull=True)
        elif self.view == "failed":
            rows = rows.filter(finished_at__isnull=False, status="failed")
        return rows.order_by("-created_at", "-id")


def _cancel(row: AsyncRequest) -> str:
    return _act(row, "cancel")


def _retry(row: AsyncRequest) -> str:
    return _act(row, "retry")


def _act(row: AsyncRequest, verb: str) -> str:
    act = begin(VERBS[verb], Selection(ids=[row.id]), command_actor(), total=1)
    counts = Counter[str]()
    for tally in carry_on(act.id):
        counts += tally.counts
    return f"{row.action} {str(row.id)[:8]}: {count_words(counts)}"


def _pause(row: AsyncRequest) -> str:
    """Pause the action, or resume it."""
    try:
        if PausedAction.objects.filter(action=row.action).exists():
            resume_action(row.action)
            record("resume", row.action)
            return f"{row.action} goes on"
        pause_action(row.action, paused_by=command_actor().name)
        record("pause", row.action)
    except (UnknownAction, NotPaused) as error:
        return str(error)
    return f"{row.action} is paused"


_MOVES: Final = {"down": 1, "j": 1, "up": -1, "k": -1, "page down": 10, "page up": -10}
_CHANGES: Final[Mapping[str, tuple[str, Callable[[AsyncRequest], str]]]] = {
    "c": ("cancel", _cancel),
    "r": ("retry", _retry),
    "p": ("pause or resume", _pause),
}
