import asyncio
import os
import threading
import time
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer

from jobs.log import kept_loop
from jobs.log.kept_loop import send_on_kept_loop

HELLO = {"type": "hello"}


class Layer:
    """A layer of somebody else's, which notes on which loop and thread it is asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.sent: list[tuple[str, Any]] = []
        self.asked_on: set[tuple[int, int]] = set()

    async def group_send(self, group: str, message: Any) -> None:
        self.asked_on.add((id(asyncio.get_running_loop()), threading.get_ident()))
        if self.error is not None:
            raise self.error
        self.sent.append((group, message))


class StuckLayer:
    async def group_send(self, group: str, message: Any) -> None:
        await asyncio.Event().wait()


def test_it_works() -> None:
    layer = Layer()
    send_on_kept_loop(layer, [("a", HELLO), ("b", HELLO), ("a", {"type": "bye"})])
    assert layer.sent == [("a", HELLO), ("b", HELLO), ("a", {"type": "bye"})]


def test_all_threads_share_one_loop_that_is_kept() -> None:
    layer = Layer()
    threads = [threading.Thread(target=send_on_kept_loop, args=(layer, [("a", HELLO)])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    send_on_kept_loop(layer, [("a", HELLO)])
    assert len(layer.sent) == 9 and len(layer.asked_on) == 1
    ((_, thread_id),) = layer.asked_on
    assert thread_id != threading.get_ident()


async def test_the_layer_of_channels_own_takes_it() -> None:
    layer = InMemoryChannelLayer()
    channel = await layer.new_channel()
    await layer.group_add("followers", channel)
    await asyncio.to_thread(send_on_kept_loop, layer, [("followers", HELLO)])
    assert await layer.receive(channel) == HELLO


@pytest.mark.parametrize("error", [ValueError("of its own"), ConnectionError("gone"), KeyError("lost")])
def test_whatever_a_layer_raises_is_one_kind_of_error(error: Exception) -> None:
    with pytest.raises(OSError, match=type(error).__name__):
        send_on_kept_loop(Layer(error), [("a", HELLO)])


def test_a_layer_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    started = time.monotonic()
    with monkeypatch.context() as patched, pytest.raises(OSError):
        patched.setattr(kept_loop, "MAX_SECONDS", 0.1)
        send_on_kept_loop(StuckLayer(), [("a", HELLO)])
    assert time.monotonic() - started < 5
    layer = Layer()
    send_on_kept_loop(layer, [("a", HELLO)])
    assert layer.sent == [("a", HELLO)]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_a_loop_of_its_own() -> None:
    send_on_kept_loop(Layer(), [("a", HELLO)])
    child = os.fork()
    if child == 0:
        layer = Layer()
        try:
            send_on_kept_loop(layer, [("a", HELLO)])
        finally:
            os._exit(0 if layer.sent else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
