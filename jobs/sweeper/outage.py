"""When the sweeper must not judge others by their silence: right after it was away itself. Pure.

While the database is away, or the whole machine is asleep, nobody can renew a lease. Once that is over the living do so
within a second or two; a sweeper that looked at once would call all of them lost.
"""

GAP_SECONDS = 5.0
"""A longer pause between two sweeps is no mere slowness."""
SETTLE_SECONDS = 3.0


class OutageGrace:
    """Times are Unix seconds: a clock that stands still while the machine sleeps would not show the gap."""

    def __init__(self, now: float) -> None:
        self._swept_at = now
        self._until = now
        self._has_waited = False
        """For the present gap. Not for two in a row, or a sweeper that is always slow would never judge."""

    def holds(self, now: float) -> bool:
        """Whether to judge nobody in the sweep that begins now."""
        return now < self._until or (self._is_gap(now) and not self._has_waited)

    def swept(self, now: float) -> None:
        """The database has answered in the sweep that began at ``now``."""
        if self._is_gap(now) and not self._has_waited:
            self._until, self._has_waited = now + SETTLE_SECONDS, True
        elif now >= self._until:
            self._has_waited = False
        self._swept_at = now

    def _is_gap(self, now: float) -> bool:
        return now - self._swept_at > GAP_SECONDS
