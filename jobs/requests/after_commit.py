"""Wake workers, and tell users' feeds, of requests that were committed."""

import logging
from collections.abc import Sequence

from jobs.facts import describe_work
from jobs.log.publishing import publish_changes
from jobs.queue.wakeups import ring
from jobs.requests.submission import Accepted, Refused, Submission

logger = logging.getLogger(__name__)


def tell(submissions: Sequence[Submission], outcomes: Sequence[Accepted | Refused]) -> None:
    """Wake and tell, after the commit of ``submit_many``. The sweeper and the feeds make up for what fails here."""
    ring(item.queue for item in submissions if not item.cached)
    if logger.isEnabledFor(logging.DEBUG):
        _log(submissions, outcomes)
    publish_changes(
        ((item.tenant_id, item.user_id), item.request_id)
        for item, outcome in zip(submissions, outcomes, strict=True)
        if isinstance(outcome, Accepted) and not outcome.duplicate
    )


def _log(submissions: Sequence[Submission], outcomes: Sequence[Accepted | Refused]) -> None:
    for item, outcome in zip(submissions, outcomes, strict=True):
        if isinstance(outcome, Accepted):
            work = describe_work(
                request_id=outcome.request_id,
                action=item.action,
                tenant_id=item.tenant_id,
                client_id=item.client_id,
                metadata=item.metadata,
                payload={},
            )
            extra = {**work.names, "queue": item.queue, "duplicate": outcome.duplicate}
            logger.debug("Request accepted", extra=extra)
