"""The engine: Django's own for SQLite, with a turn around each transaction."""

from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

from jobs.sqlite.turn import Turn

# A turn takes milliseconds. When its holder is stopped, the others write without, a moment later each time.
_TURN_SECONDS = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that takes its turn before ``BEGIN`` and gives it back after ``COMMIT`` or ``ROLLBACK``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn: Turn | None = None

    def _start_transaction_under_autocommit(self) -> None:
        if self._turn is None and not self.is_in_memory_db():
            self._turn = Turn(Path(f"{self.settings_dict['NAME']}-turn"))
        if self._turn is not None:
            self._turn.take(_TURN_SECONDS)
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in its stubs
        except BaseException:
            self._give_back()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]  # not in its stubs
        finally:
            self._give_back()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]  # not in its stubs
        finally:
            self._give_back()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # not in its stubs
        finally:
            if self._turn is not None:
                self._turn.close()
                self._turn = None

    def _give_back(self) -> None:
        if self._turn is not None:
            self._turn.give_back()
