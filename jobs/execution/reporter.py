"""The link between a running handler and its request: it sends progress out and brings stop orders in.

The handler's threads only touch memory. One thread of the reporter writes all that waits as soon as its last write is
done, renews the lease, and reads if the request is to stop. Neither a slow database nor a dead Redis slows the
handler down.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections

from jobs.errors import AttemptLost, Cancelled, Stop
from jobs.execution import watchdog
from jobs.execution.checkpoints import storable
from jobs.execution.inspection.answering import answer_if_asked
from jobs.execution.kept_thread import KeptThread
from jobs.execution.throttle import FLUSH_SECONDS, Throttle, Update
from jobs.jsonable import to_json
from jobs.log.bounds import storable_message
from jobs.log.events import Draft, EventType, NotOwner, append
from jobs.models import AsyncRequest
from jobs.queue.claims import Claim, lease_end
from jobs.repeats import REPEATS
from jobs.tracing.attempts import RUNNING

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
MAX_REPORT_BYTES = 256 * 1024
"""The most JSON in one report or partial, because followers get it as one message."""
# Progress that cannot be written (the database is away) is thinned further, so that memory stays bounded.
_BACKLOG = 50
_DATABASE_PAUSE_SECONDS = 0.5
_MAX_REST_SECONDS = 0.02
_CLOSE_SECONDS = 30.0


class Reporter:
    """The reports of one attempt. ``on_beat`` is called about once a second, on the reporter's thread.

    ``thread`` is kept for the next reporter. Without one the reporter has its own.
    """

    def __init__(
        self, claim: Claim, *, on_beat: Callable[[], None] = lambda: None, thread: KeptThread | None = None
    ) -> None:
        self._claim = claim
        self._on_beat = on_beat
        self._throttle = Throttle()
        self._outbox: list[Draft] = []
        self._last_seq = claim.last_seq
        self._doubtful = 0
        """The drafts, at the head of the outbox, of a write that failed: it may have been stored all the same."""
        self._unsaved: dict[str, Any] = {}
        self._saved_at = float("-inf")
        self._changed = threading.Condition()
        self._closed = False
        self._stop: Stop | None = None
        self._stop_at = 0.0
        self._heard_at = time.monotonic()
        self._next_beat = time.monotonic() + BEAT_SECONDS
        self._lease_written_at = time.monotonic()
        self._write_at = 0.0
        """The moment before which nothing is written: after a failure, and after a write that took long."""
        self._wakes_at = float("-inf")
        """The moment at which the waiting thread wakes by itself; minus infinity while it does not wait."""
        self._owns_thread = thread is None
        self._thread = thread or KeptThread()

    # --- for the handler -----------------------------------------------------------------------------------------

    def report(self, percentage: float, message: str, metadata: Mapping[str, Any]) -> None:
        """See ``Context.report``. Raises at once for metadata that is not JSON, or too large."""
        self.check()
        if RUNNING.attempt is not None and "stage" in metadata:
            RUNNING.attempt.enter_stage(metadata["stage"])
        update = Update(percentage=float(percentage), message=storable_message(message), metadata=report_json(metadata))
        with self._changed:
            self._enqueue([progress_draft(item) for item in self._throttle.offer(update, time.monotonic())])

    def partial(self, data: Mapping[str, Any]) -> None:
        """See ``Context.partial``."""
        self.check()
        draft = Draft(type=EventType.PARTIAL, data={"data": report_json(data)})
        with self._changed:
            held = self._throttle.take(time.monotonic(), force=True)
            self._enqueue([*map(progress_draft, held), draft])

    def checkpoint(self, state: Any) -> None:
        """See ``Context.checkpoint``."""
        self.check()
        plain = storable(state)
        with self._changed:
            self._unsaved = {"resume_state": plain}
            self._wake()

    def check(self) -> None:
        self._heard_at = time.monotonic()
        if self._stop is not None:
            raise self._stop

    # --- for the runner ------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.begin(self._work)

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
        """End the work on the thread. Return the drafts not yet written, to be logged together with the outcome."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.wait()
        if self._owns_thread:
            self._thread.end()
        with self._changed:
            held = self._throttle.take(time.monotonic(), force=True)
            drafts, self._outbox = [*self._outbox, *map(progress_draft, held)], []
        return self._resolve(drafts)

    # --- the thread ----------------------------------------------------------------------------------------------

    def _enqueue(self, drafts: list[Draft], *, notify: bool = True) -> None:
        for draft in drafts:
            full = len(self._outbox) >= max(_BACKLOG, self._doubtful + 1)
            if full and draft.type == EventType.PROGRESS and self._outbox[-1].type == EventType.PROGRESS:
                self._outbox[-1] = draft
            else:
                self._outbox.append(draft)
        if notify:
            self._wake()

    def _wake(self) -> None:
        """Wake the thread, unless it wakes in time by itself."""
        if self._due_at() < self._wakes_at:
            self._wakes_at = float("-inf")
            self._changed.notify()

    def _work(self) -> None:
        while not self._closed:
            drafts, unsaved = self._await_work()
            if drafts or unsaved:
                self._write(drafts, unsaved)
            if time.monotonic() >= self._next_beat:
                self._next_beat = time.monotonic() + BEAT_SECONDS
                self._beat()

    def _await_work(self) -> tuple[list[Draft], dict[str, Any]]:
        """Wait for drafts and columns to write. Both are empty when only the beat is due, or when it is time to end."""
        with self._changed:
            while not self._closed and (now := time.monotonic()) < self._next_beat:
                self._enqueue([progress_draft(update) for update in self._throttle.take(now)], notify=False)
                due = self._due_at()
                if due <= now:
                    break
                self._wakes_at = min(self._next_beat, due)
                self._changed.wait(self._wakes_at - now)
            self._wakes_at = float("-inf")
            if self._closed or time.monotonic() < self._write_at:
                return [], {}
            drafts, self._outbox = self._outbox, []
            unsaved, self._unsaved = self._unsaved, {}
            return drafts, unsaved

    def _due_at(self) -> float:
        """Return the moment of the next write, or of the next update from the throttle; infinity when nothing waits."""
        if self._outbox:
            return self._write_at
        held = self._throttle.due_at()
        # A checkpoint goes with the next flush. When none comes, it makes its own, no more often than progress does.
        alone = max(self._write_at, self._saved_at + FLUSH_SECONDS) if self._unsaved else float("inf")
        return alone if held is None else min(held, alone)

    def _write(self, drafts: list[Draft], unsaved: dict[str, Any]) -> None:
        begun_at = time.monotonic()
        try:
            drafts = self._without_stored(drafts)
            appended = append(
                self._claim.request_id,
                drafts,
                where=self._claim.fence,
                changes={**shown_by(drafts), **unsaved, "lease_until": lease_end()},
            )
        except NotOwner:
            self.stop_handler(AttemptLost())
        except DatabaseError as error:
            logger.warning("Progress of %s waits for the database: %s", self._claim.request_id, error, extra=REPEATS)
            connections.close_all()
            with self._changed:
                newer, self._outbox = self._outbox, drafts
                self._doubtful = self._doubtful or len(drafts)
                self._unsaved = {**unsaved, **self._unsaved}
                self._enqueue(newer, notify=False)
                self._write_at = time.monotonic() + _DATABASE_PAUSE_SECONDS
        else:
            self._last_seq = appended.last_seq
            self._lease_written_at = self._saved_at = now = time.monotonic()
            # The longer a write takes, the busier is the machine, and the more updates share the next one.
            self._write_at = now + min(now - begun_at, _MAX_REST_SECONDS)
            self._hear(appended.cancel_requested_at)

    def _without_stored(self, drafts: list[Draft]) -> list[Draft]:
        """Leave out the drafts of a failed write whose commit held, although its answer was lost."""
        if not self._doubtful:
            return drafts
        rows = AsyncRequest.objects.filter(self._claim.fence, id=self._claim.request_id, last_seq=self._last_seq)
        # An UPDATE and no SELECT, so that it waits for a transaction that is not over yet.
        is_stored = not rows.update(lease_until=lease_end())
        count, self._doubtful = self._doubtful, 0
        if not is_stored:
            return drafts
        self._last_seq += count
        return drafts[count:]

    def _resolve(self, drafts: list[Draft]) -> list[Draft]:
        """Do as ``_without_stored``, and try for a while if the database is away."""
        give_up_at = time.monotonic() + _CLOSE_SECONDS
        while self._doubtful and time.monotonic() < give_up_at:
            try:
                return self._without_stored(drafts)
            except DatabaseError as error:
                logger.warning(
                    "The last progress of %s waits for the database: %s", self._claim.request_id, error, extra=REPEATS
                )
                connections.close_all()
                watchdog.beat()
                time.sleep(_DATABASE_PAUSE_SECONDS)
        return drafts

    def _beat(self) -> None:
        """Renew the lease before a third of it is gone, and read if the request is to stop."""
        answer_if_asked(self._claim.request_id)
        rows = AsyncRequest.objects.filter(self._claim.fence, id=self._claim.request_id)
        try:
            if time.monotonic() - self._lease_written_at > settings.STREAMER_LEASE_SECONDS / 3:
                rows.update(lease_until=lease_end())
                self._lease_written_at = time.monotonic()
            row = rows.only("cancel_requested_at").first()
            if row is None:
                self.stop_handler(AttemptLost())
            else:
                self._hear(row.cancel_requested_at)
        except DatabaseError as error:
            logger.warning("The lease of %s waits for the database: %s", self._claim.request_id, error, extra=REPEATS)
            connections.close_all()
        self._on_beat()

    def _hear(self, cancel_requested_at: datetime | None) -> None:
        """Stop the handler when a cancel was asked for. A request in its ending is past that."""
        if cancel_requested_at is not None and self._claim.ending is None:
            self.stop_handler(Cancelled(cancel_requested_at))


def shown_by(drafts: Sequence[Draft]) -> dict[str, Any]:
    """Return the row's columns for the last progress among the drafts; none without progress."""
    shown = next((draft.data for draft in reversed(drafts) if draft.type == EventType.PROGRESS), None)
    return {"percentage": shown["percentage"], "message": shown["message"]} if shown else {}


def report_json(data: Any) -> Any:
    """Copy what a handler reports as plain JSON. Raises ``ValueError`` if it is too large for one message."""
    return to_json(data, longest_bytes=MAX_REPORT_BYTES)


def progress_draft(update: Update) -> Draft:
    """Make the event of a progress update that is to be sent."""
    return Draft(
        type=EventType.PROGRESS,
        data={"percentage": update.percentage, "message": update.message, "metadata": update.metadata},
    )
