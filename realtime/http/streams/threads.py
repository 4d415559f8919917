"""The thread that Django keeps for each request it answers, which an open stream does not need."""

from asgiref.sync import SyncToAsync


def release_thread() -> None:
    """Let go of the thread on which this request passed Django's middleware. Another is made if one is needed again.

    Django keeps it until the response has ended, and a stream may stay open for hours.
    """
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = None if context is None else SyncToAsync.context_to_thread_executor.pop(context, None)
    if executor is not None:
        executor.shutdown(wait=False)
