"""Metrics: what came of requests, how long the queues wait, and what the processes have counted."""
