"""Hands on what a web process counts, and describes the open connections, for the metrics."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime

from django.db.models import Sum
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from jobs.metrics.exchange import FLUSH_SECONDS, flush
from realtime.connections.processes import SILENCE, alive

logger = logging.getLogger(__name__)


async def keep_flushing() -> None:
    """Hand on what this process has counted, every ``FLUSH_SECONDS``."""
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        try:
            await flush_once()
        except Exception:
            logger.exception("Counts could not be handed on")


async def flush_once() -> None:
    await asyncio.get_running_loop().run_in_executor(None, flush)


def connection_families(now: datetime) -> Iterator[Metric]:
    """Yield the number of live web processes and of their open sockets, as of their last heartbeats."""
    processes = alive(now - SILENCE)
    yield GaugeMetricFamily("streamer_web_processes", "Web processes that live.", value=processes.count())
    open_sockets = processes.aggregate(sum=Sum("connections"))["sum"] or 0
    yield GaugeMetricFamily("streamer_connections", "Open sockets of all web processes.", value=open_sockets)
