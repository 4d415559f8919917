"""The side of the worker: its parent takes the order and answers, and its child answers with its stacks.

The order is in memory that both share, and so costs a child that is asked nothing a look at it with every beat.
"""

import json
import logging
import mmap
import uuid
from collections.abc import Mapping
from typing import Any, Final

import redis

from jobs.execution.inspection.figures import Gauge
from jobs.execution.inspection.stacks import own_stacks
from jobs.queue.wakeups import connection

logger = logging.getLogger(__name__)

COMMAND: Final = "streamer-inspect"
REPLIES: Final = "streamer:inspection:"
"""The prefix of the list that holds the answers to one question."""
_REPLY_SECONDS: Final = 30
_BYTES: Final = 32
_NOBODY: Final = bytes(16)
# Anonymous and shared: the id of the question, and that of the request that it is about.
_shared = mmap.mmap(-1, _BYTES)
_gauge = Gauge()


def separate() -> None:
    """Have memory of its own, for a worker that was forked beside others."""
    global _shared
    _shared = mmap.mmap(-1, _BYTES)


# --- the parent --------------------------------------------------------------------------------------------------


def take_order(order: Any, child: int) -> bool:
    """Answer an order that came in the worker's channel. Return False when it is another program's.

    ``child`` is the id of the process that runs requests, 0 for none. Nothing is raised: the thread that listens must
    live on.
    """
    if not isinstance(order, dict) or order.get("command") != COMMAND:
        return False
    try:
        question, request_id = uuid.UUID(order["question"]), uuid.UUID(order["request"])
        figures = _gauge.look(child) if child else None
        _reply(question, {"process": figures.as_json() if figures else None, "child": child})
        if order.get("stacks") and child:
            _shared[16:32] = request_id.bytes
            _shared[0:16] = question.bytes
    except (redis.RedisError, OSError, KeyError, TypeError, ValueError) as error:
        logger.warning("A question about a process was not answered: %s", error)
    return True


# --- the child ---------------------------------------------------------------------------------------------------


def answer_if_asked(request_id: uuid.UUID) -> None:
    """Answer with the stacks of this process if somebody asks for those of ``request_id``, which it runs."""
    if _shared[0:16] == _NOBODY:
        return
    question, wanted = uuid.UUID(bytes=_shared[0:16]), uuid.UUID(bytes=_shared[16:32])
    _shared[0:16] = _NOBODY
    try:
        _reply(question, {"stacks": own_stacks() if wanted == request_id else None})
    except (redis.RedisError, OSError) as error:
        logger.warning("The stacks of %s were asked for and are not told: %s", request_id, error)


def _reply(question: uuid.UUID, answer: Mapping[str, Any]) -> None:
    key = f"{REPLIES}{question.hex}"
    with connection().pipeline() as pipeline:
        pipeline.rpush(key, json.dumps(answer))
        pipeline.expire(key, _REPLY_SECONDS)
        pipeline.execute()
