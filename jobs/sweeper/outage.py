"""The grace after an outage, in which the sweeper must not take silent attempts for dead. Pure.

While the database is away, or the whole machine sleeps, no attempt can renew its lease. Afterwards living attempts do
so within a second or two. A sweeper that looked at once would call all of them lost.
"""

GAP_SECONDS = 5.0
"""The seconds between two sweeps above which the pause counts as an outage."""
SETTLE_SECONDS = 3.0


class OutageGrace:
    """The grace after an outage. Times are Unix seconds: a monotonic clock may stop while the machine sleeps."""

    def __init__(self, now: float) -> None:
        self._swept_at = now
        self._until = now
        self._has_waited = False
        """True: it has waited once. It waits for no second gap in a row, or a slow sweeper would never act."""

    def holds(self, now: float) -> bool:
        """Return True if the sweep that begins now must take no silent attempt for dead."""
        return self._settles(now) or (self._is_gap(now) and not self._has_waited)

    def swept(self, now: float) -> None:
        """Note that the database has answered in the sweep that began at ``now``."""
        if self._is_gap(now) and not self._has_waited:
            self._until, self._has_waited = now + SETTLE_SECONDS, True
        elif not self._settles(now):
            self._has_waited = False
        self._swept_at = now

    def _settles(self, now: float) -> bool:
        # A clock that is put back must not make the grace longer: it would last as long as the clock was fast.
        return 0 < self._until - now <= SETTLE_SECONDS

    def _is_gap(self, now: float) -> bool:
        return now - self._swept_at > GAP_SECONDS
