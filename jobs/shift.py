"""The import path of a shift in rings that an earlier release has queued. To be removed with the next release."""

from jobs.execution.shift import work_shift

__all__ = ["work_shift"]
