import asyncio
import threading

import pytest
from django.db import OperationalError

from jobs.models import AsyncRequest
from realtime.database import in_database

pytestmark = pytest.mark.django_db(transaction=True)


async def test_it_works() -> None:
    assert await in_database(AsyncRequest.objects.count) == 0


async def test_it_runs_off_the_event_loop_and_on_few_threads() -> None:
    names = await asyncio.gather(*[in_database(lambda: threading.current_thread().name) for _ in range(50)])
    assert all(name.startswith("database") for name in names) and len(set(names)) <= 4


async def test_arguments_and_errors_pass() -> None:
    assert await in_database(int, "ff", base=16) == 255
    with pytest.raises(ValueError, match="base 16"):
        await in_database(int, "xyz", base=16)


@pytest.mark.parametrize("faults", [1, 2])
async def test_a_dead_connection_is_replaced_once(faults: int) -> None:
    left = [OperationalError("server closed the connection")] * faults

    def work() -> str:
        if left:
            raise left.pop()
        return "done"

    if faults == 1:
        assert await in_database(work) == "done"
    else:
        with pytest.raises(OperationalError):
            await in_database(work)
