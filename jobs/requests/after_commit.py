"""Wake workers, and tell users' feeds, of requests that were committed."""

from collections.abc import Sequence

from jobs.log.publishing import publish_changes
from jobs.queue.wakeups import ring
from jobs.requests.submission import Accepted, Refused, Submission


def tell(submissions: Sequence[Submission], outcomes: Sequence[Accepted | Refused]) -> None:
    """Wake and tell, after the commit of ``submit_many``. The sweeper and the feeds make up for what fails here."""
    ring(item.queue for item in submissions if not item.cached)
    publish_changes(
        ((item.tenant_id, item.user_id), item.request_id)
        for item, outcome in zip(submissions, outcomes, strict=True)
        if isinstance(outcome, Accepted) and not outcome.duplicate
    )
