"""Tells of the ends of attempts whose own processes can do so no more: in the log, and in the trace."""

import logging

from jobs.execution.endings.outcomes import told_of
from jobs.facts import describe_work
from jobs.log.outcomes import Outcome
from jobs.models import AsyncRequest, Status
from jobs.tracing.attempts import TracedAttempt, record_lost
from jobs.tracing.tracer import TRACING

logger = logging.getLogger(__name__)


def record_end_of(row: AsyncRequest, outcome: Outcome) -> None:
    """Log and trace the end of the attempt of ``row``, which is as the attempt left it, if there is one."""
    if row.status != Status.PROCESSING:
        return
    told = told_of(outcome)
    work = describe_work(
        request_id=row.id,
        attempt=row.attempt,
        action=row.action,
        tenant_id=row.tenant_id,
        client_id=row.client_id,
        metadata=row.metadata,
        payload={},
    )
    logger.info("Attempt ended by the sweeper", extra={**work.names, **told, "worker": row.worker})
    if TRACING.recorder is None:
        return
    facts = TracedAttempt(
        request_id=row.id,
        attempt=row.attempt,
        action=row.action,
        tenant_id=row.tenant_id,
        queue=row.queue,
        trace=row.trace,
    )
    record_lost(facts, started_at=row.attempt_started_at, **told)
