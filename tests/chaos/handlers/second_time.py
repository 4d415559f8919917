"""``chaos_second_time`` fails once and then works: every run of it goes through a retry."""

from collections.abc import Mapping
from typing import Any

from jobs.handler import Context, Handler, NoPayload, Retry, Retryable


class SecondTime(Handler[NoPayload]):
    """Give up on the first attempt, work on any later one."""

    action = "chaos_second_time"
    estimated_seconds = 6.0
    retry = Retry(max_attempts=5, base_seconds=0.2, cap_seconds=0.5)

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        context.report(10, f"Attempt {context.attempt}")
        if context.attempt == 1:
            raise Retryable("Not the first time")
        return {"attempt": context.attempt}
