import asyncio
import threading
from concurrent.futures import Future
from typing import Any

import pytest

from realtime.handover import Handover


def in_a_thread(work: Any) -> None:
    """Run ``work`` in another thread, to its end, while the loop does nothing."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)


async def test_many_results_wake_the_loop_once(monkeypatch: pytest.MonkeyPatch) -> None:
    handover = Handover()
    futures = [Future[int]() for _ in range(100)]
    awaited = [handover.wrap(future) for future in futures]
    loop, wakes = asyncio.get_running_loop(), list[Any]()
    wake = loop.call_soon_threadsafe
    monkeypatch.setattr(loop, "call_soon_threadsafe", lambda *args: (wakes.append(args), wake(*args)))
    in_a_thread(lambda: [future.set_result(number) for number, future in enumerate(futures)])
    assert await asyncio.gather(*awaited) == list(range(100)) and len(wakes) == 1
    late = Future[int]()
    last = handover.wrap(late)
    in_a_thread(lambda: late.set_result(100))
    assert await last == 100


async def test_no_result_is_left_behind_whenever_it_comes() -> None:
    handover = Handover()
    futures = [Future[int]() for _ in range(3_000)]
    awaited = [handover.wrap(future) for future in futures]
    threads = [
        threading.Thread(target=lambda part=part: [future.set_result(0) for future in futures[part::3]])
        for part in range(3)
    ]
    for thread in threads:
        thread.start()
    assert sum(await asyncio.wait_for(asyncio.gather(*awaited), 30)) == 0


async def test_an_error_is_handed_over() -> None:
    future = Future[int]()
    awaited = Handover().wrap(future)
    in_a_thread(lambda: future.set_exception(OSError("away")))
    with pytest.raises(OSError, match="away"):
        await awaited


async def test_who_no_longer_waits_takes_the_work_back() -> None:
    future, begun = Future[int](), Future[int]()
    handover = Handover()
    awaited, late = handover.wrap(future), handover.wrap(begun)
    assert begun.set_running_or_notify_cancel()
    awaited.cancel(), late.cancel()
    await asyncio.sleep(0)
    assert future.cancelled() and not begun.cancelled()
    in_a_thread(lambda: begun.set_result(1))
    await asyncio.sleep(0)
    assert late.cancelled()
