"""The link between a running handler and its request: it sends progress out and brings stop orders in.

The handler's threads only touch memory. One thread of the reporter writes all that waits as soon as its last write is
done, renews the lease, and reads if the request is to stop. Neither a slow database nor a dead Redis slows the
handler down.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections

from jobs.errors import AttemptLost, Cancelled, Stop
from jobs.execution.checkpoints import storable
from jobs.execution.throttle import FLUSH_SECONDS, Throttle, Update
from jobs.jsonable import to_json
from jobs.log.events import Draft, EventType, NotOwner, append
from jobs.models import AsyncRequest
from jobs.queue.claims import Claim, lease_end

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
# Progress that cannot be written (the database is away) is thinned further, so that memory stays bounded.
_BACKLOG = 50
_DATABASE_PAUSE_SECONDS = 0.5


class Reporter:
    """The reports of one attempt. ``on_beat`` is called about once a second, on the reporter's thread."""

    def __init__(self, claim: Claim, *, on_beat: Callable[[], None] = lambda: None) -> None:
        self._claim = claim
        self._on_beat = on_beat
        self._throttle = Throttle()
        self._outbox: list[Draft] = []
        self._unsaved: dict[str, Any] = {}
        self._saved_at = float("-inf")
        self._changed = threading.Condition()
        self._closed = False
        self._stop: Stop | None = None
        self._stop_at = 0.0
        self._heard_at = time.monotonic()
        self._next_beat = time.monotonic() + BEAT_SECONDS
        self._lease_written_at = time.monotonic()
        self._retry_at = 0.0
        self._thread = threading.Thread(target=self._work, name="reporter", daemon=True)

    # --- for the handler -----------------------------------------------------------------------------------------

    def report(self, percentage: float, message: str, metadata: Mapping[str, Any]) -> None:
        """See ``Context.report``. Raises ``TypeError`` at once for metadata that is not JSON."""
        self.check()
        update = Update(percentage=float(percentage), message=to_json(str(message)), metadata=to_json(metadata))
        with self._changed:
            self._enqueue([progress_draft(item) for item in self._throttle.offer(update, time.monotonic())])

    def partial(self, data: Mapping[str, Any]) -> None:
        """See ``Context.partial``."""
        self.check()
        draft = Draft(type=EventType.PARTIAL, data={"data": to_json(data)})
        with self._changed:
            held = self._throttle.take(time.monotonic(), force=True)
            self._enqueue([*map(progress_draft, held), draft])

    def checkpoint(self, state: Any) -> None:
        """See ``Context.checkpoint``."""
        self.check()
        plain = storable(state)
        with self._changed:
            waits_already, self._unsaved = bool(self._unsaved), {"resume_state": plain}
            if not waits_already:
                self._changed.notify()

    def check(self) -> None:
        self._heard_at = time.monotonic()
        if self._stop is not None:
            raise self._stop

    # --- for the runner ------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop_handler(self, stop: Stop) -> None:
        """Make the handler's next ``report`` or ``check`` raise ``stop``. The first order stays."""
        with self._changed:
            if self._stop is None:
                self._stop, self._stop_at = stop, time.monotonic()

    def silent_seconds(self) -> float:
        """Return the seconds for which the handler has called none of these methods."""
        return time.monotonic() - self._heard_at

    def stop_order(self) -> tuple[Stop | None, float]:
        """Return the order to stop, if there is one, and its age in seconds."""
        with self._changed:
            return self._stop, time.monotonic() - self._stop_at

    def unsaved(self) -> Mapping[str, Any]:
        """Return the columns of an unwritten checkpoint, to be set together with the outcome."""
        with self._changed:
            return self._unsaved

    def close(self) -> list[Draft]:
        """End the thread. Return the drafts that it had not yet written, to be logged together with the outcome."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not threading.current_thread():
            self._thread.join()
        with self._changed:
            held = self._throttle.take(time.monotonic(), force=True)
            drafts, self._outbox = [*self._outbox, *map(progress_draft, held)], []
        return drafts

    # --- the thread ----------------------------------------------------------------------------------------------

    def _enqueue(self, drafts: list[Draft], *, notify: bool = True) -> None:
        for draft in drafts:
            full = len(self._outbox) >= _BACKLOG
            if full and draft.type == EventType.PROGRESS and self._outbox[-1].type == EventType.PROGRESS:
                self._outbox[-1] = draft
            else:
                self._outbox.append(draft)
        if notify and (drafts or self._throttle.due_at() is not None):
            self._changed.notify()

    def _work(self) -> None:
        try:
            while not self._closed:
                drafts, unsaved = self._await_work()
                if drafts or unsaved:
                    self._write(drafts, unsaved)
                if time.monotonic() >= self._next_beat:
                    self._next_beat = time.monotonic() + BEAT_SECONDS
                    self._beat()
        finally:
            connections.close_all()

    def _await_work(self) -> tuple[list[Draft], dict[str, Any]]:
        """Wait for drafts and columns to write. Both are empty when only the beat is due, or when it is time to end."""
        with self._changed:
            while not self._closed and (now := time.monotonic()) < self._next_beat:
                self._enqueue([progress_draft(update) for update in self._throttle.take(now)], notify=False)
                due = self._due_at()
                if due <= now:
                    break
                self._changed.wait(min(self._next_beat, due) - now)
            if self._closed or time.monotonic() < self._retry_at:
                return [], {}
            drafts, self._outbox = self._outbox, []
            unsaved, self._unsaved = self._unsaved, {}
            return drafts, unsaved

    def _due_at(self) -> float:
        """Return the moment of the next write, or of the next update from the throttle; infinity when nothing waits."""
        if self._outbox:
            return self._retry_at
        held = self._throttle.due_at()
        # A checkpoint goes with the next flush. When none comes, it makes its own, no more often than progress does.
        alone = max(self._retry_at, self._saved_at + FLUSH_SECONDS) if self._unsaved else float("inf")
        return alone if held is None else min(held, alone)

    def _write(self, drafts: list[Draft], unsaved: dict[str, Any]) -> None:
        try:
            appended = append(
                self._claim.request_id,
                drafts,
                where=self._claim.fence,
                changes={**shown_by(drafts), **unsaved, "lease_until": lease_end()},
            )
        except NotOwner:
            self.stop_handler(AttemptLost())
        except DatabaseError as error:
            logger.warning("Progress of %s waits for the database: %s", self._claim.request_id, error)
            connections.close_all()
            with self._changed:
                newer, self._outbox = self._outbox, drafts
                self._unsaved = {**unsaved, **self._unsaved}
                self._enqueue(newer, notify=False)
                self._retry_at = time.monotonic() + _DATABASE_PAUSE_SECONDS
        else:
            self._lease_written_at = self._saved_at = time.monotonic()
            if appended.cancel_requested_at is not None:
                self.stop_handler(Cancelled(appended.cancel_requested_at))

    def _beat(self) -> None:
        """Renew the lease before a third of it is gone, and read if the request is to stop."""
        rows = AsyncRequest.objects.filter(self._claim.fence, id=self._claim.request_id)
        try:
            if time.monotonic() - self._lease_written_at > settings.STREAMER_LEASE_SECONDS / 3:
                rows.update(lease_until=lease_end())
                self._lease_written_at = time.monotonic()
            row = rows.only("cancel_requested_at").first()
            if row is None:
                self.stop_handler(AttemptLost())
            elif row.cancel_requested_at is not None:
                self.stop_handler(Cancelled(row.cancel_requested_at))
        except DatabaseError as error:
            logger.warning("The lease of %s waits for the database: %s", self._claim.request_id, error)
            connections.close_all()
        self._on_beat()


def shown_by(drafts: Sequence[Draft]) -> dict[str, Any]:
    """Return the row's columns for the last progress among the drafts; none without progress."""
    shown = next((draft.data for draft in reversed(drafts) if draft.type == EventType.PROGRESS), None)
    return {"percentage": shown["percentage"], "message": shown["message"]} if shown else {}


def progress_draft(update: Update) -> Draft:
    """Make the event of a progress update that is to be sent."""
    return Draft(
        type=EventType.PROGRESS,
        data={"percentage": update.percentage, "message": update.message, "metadata": update.metadata},
    )
