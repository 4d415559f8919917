"""Signals for logging and hooks. Nothing in Streamer depends on a receiver.

Each is sent after the commit, in the process that committed: a web process, a worker, the sweeper or a command. It is
sent at most once: a process that dies between the commit and the signal sends none. Signals of one request that come
from several processes may arrive in any order. A receiver that raises is logged by Django and stops nobody.

``sender`` is the handler's class, or None where no handler here does the action. All arguments are keywords. Common
to the three are ``request_id`` (UUID), ``action``, ``title``, ``queue``, ``tenant_id``, ``user_id`` and
``idempotency_key`` (None: there was none). The parts of a bulk request that workers share send no signals of their own.
"""

from django.dispatch import Signal

request_submitted = Signal()
"""A new request was stored. Not sent for a repeated idempotency key. Also has:

``created_at``
    When it was stored, an aware datetime.
"""

attempt_started = Signal()
"""A worker claimed the request and is about to run its handler. Also has:

``attempt``
    Its number, 1 for the first.
``worker``
    The name of the worker.
``started_at``
    When this attempt started, an aware datetime.
"""

request_finished = Signal()
"""The final event of the request was logged. Also has:

``status``
    ``"completed"``, ``"failed"`` or ``"cancelled"``.
``failed_items``
    How many items of a completed request could not be done.
``error_code``
    The error code of a failed request, for example ``"TIMEOUT"``; otherwise None.
``attempt``
    The number of the last attempt; 0 when the request was never started.
``seconds``
    From the submission to the end, a float.
``finished_at``
    An aware datetime.
"""
