"""Everything that tests of handlers need: a run in memory, and the whole stack in one process.

``run_handler`` runs a handler without database, storage and Redis. The fixtures of ``jobs.testing.fixtures`` submit a
request and run it as a worker would. Nothing but tests imports this package.
"""

from jobs.testing.context import ContextOptions, MemoryContext, StopAfter
from jobs.testing.handler_run import HandlerRun, Report, RunStatus
from jobs.testing.run import ResultMisfit, run_handler
from jobs.testing.saved import SavedArtifact, SavedDataset
from jobs.testing.stack import InProcessStack, SubmittedRequest

__all__ = [
    "ContextOptions",
    "HandlerRun",
    "InProcessStack",
    "MemoryContext",
    "Report",
    "ResultMisfit",
    "RunStatus",
    "SavedArtifact",
    "SavedDataset",
    "StopAfter",
    "SubmittedRequest",
    "run_handler",
]
