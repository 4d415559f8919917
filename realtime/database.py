"""Database work for sockets, on a few threads of its own that keep their connections.

Django's asynchronous wrappers would run all of it on one thread, where one slow query blocks every socket.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")


async def in_database(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``work`` on a database thread. It may run twice, if the kept connection is found to be dead."""
    return await asyncio.get_running_loop().run_in_executor(_threads(), lambda: retried(work, *args, **kwargs))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.STREAMER_DATABASE_THREADS, thread_name_prefix="database")


def retried(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``work`` on this thread, and once more with new connections after a ``django.db.Error``."""
    try:
        return work(*args, **kwargs)
    except DatabaseError:
        connections.close_all()
        return work(*args, **kwargs)
