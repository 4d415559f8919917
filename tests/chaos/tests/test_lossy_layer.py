"""A channel layer that drops, doubles, reorders and delays: first that it does, then that no client notices."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from channels.layers import get_channel_layer
from pytest_django import Settings

from jobs.log.publishing import request_group
from tests.acceptance.client import connect
from tests.acceptance.streams import assert_is_whole
from tests.chaos.stream import Balance, balance_of
from tests.chaos.tests.lossy_layer import Distortion, Losses, LossyPubSubLayer
from tests.live import LiveStack, run_live_stack

MESSAGES = range(1, 1001)
GROUP = request_group("00000000-0000-0000-0000-000000000000")
# A lost hint at the end of a request is found by the check that comes every ten seconds.
REPAIR_SECONDS = 30.0


def arrivals(losses: Losses, seed: int = 1) -> list[int]:
    """Return the numbers in the order of their arrival, delays included."""
    distortion = Distortion(losses, seed)
    timed = [
        (at + seconds, number) for at, number in enumerate(MESSAGES) for seconds, number in distortion.distort(number)
    ]
    return [number for _, number in sorted(timed, key=lambda pair: pair[0])]


def test_it_works() -> None:
    assert arrivals(Losses()) == list(MESSAGES)


def test_each_loss_does_what_its_name_says_and_nothing_else() -> None:
    dropped = balance_of([*arrivals(Losses(drop=0.3)), 1001])
    assert dropped == Balance(lost=dropped.lost) and 200 < dropped.lost < 400
    doubled = balance_of(arrivals(Losses(double=0.2)))
    assert doubled == Balance(doubled=doubled.doubled) and 100 < doubled.doubled < 300
    reordered = balance_of(arrivals(Losses(reorder=0.2)))
    assert reordered.disordered > 50 and not reordered.doubled
    delayed = balance_of(arrivals(Losses(delay=0.3, longest_delay_seconds=5)))
    assert delayed.disordered > 50 and not delayed.doubled and not delayed.lost


def test_a_seed_repeats_itself() -> None:
    everything = Losses(drop=0.1, double=0.1, reorder=0.1, delay=0.1)
    assert arrivals(everything, seed=5) == arrivals(everything, seed=5) != arrivals(everything, seed=6)


async def test_the_layer_distorts_what_comes_through_redis(settings: Settings) -> None:
    config = {**settings.CHANNEL_LAYERS["default"]["CONFIG"], "seed": 3, "losses": {"double": 1.0}}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__package__}.lossy_layer.LossyPubSubLayer", "CONFIG": config}}
    layer: Any = get_channel_layer()
    assert isinstance(layer, LossyPubSubLayer)
    channel = await layer.new_channel()
    await layer.group_add(GROUP, channel)
    got: list[Any] = []

    async def receive_two() -> None:
        got.extend([await layer.receive(channel), await layer.receive(channel)])

    receiving = asyncio.create_task(receive_two())
    async with asyncio.timeout(10):
        while not receiving.done():  # a subscription holds a moment after it was asked for
            layer.group_send_now(GROUP, {"type": "test"})
            await asyncio.wait({receiving}, timeout=0.05)
    assert got == [{"type": "test"}] * 2
    await layer.close_pumps()
    await layer.flush()


@pytest.fixture(scope="module")
def lossy_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    env = {"DJANGO_SETTINGS_MODULE": "tests.chaos.tests.lossy_settings", "STREAMER_PRELOAD": "false"}
    with run_live_stack(tmp_path_factory, "lossy", redis_offset=2, env=env) as live:
        yield live


@pytest.mark.acceptance
@pytest.mark.timeout(180)
def test_the_stack_runs_on_it(lossy_stack: LiveStack) -> None:
    code = "from channels.layers import get_channel_layer; print(type(get_channel_layer()).__name__)"
    assert lossy_stack.stack.manage("shell", "--verbosity", "0", "-c", code) == "LossyPubSubLayer"


@pytest.mark.acceptance
@pytest.mark.timeout(180)
async def test_every_stream_is_whole_all_the_same(lossy_stack: LiveStack) -> None:
    """Eight requests, followed by the client that sent them and by another one on the other server."""
    async with connect(lossy_stack, "alice") as one, connect(lossy_stack, "alice", server=1) as other:
        ids = [await one.submit("zoo_slow", {"seconds": 2, "steps": 40}) for _ in range(4)]
        ids += [await one.submit("zoo_count", {"updates": 50, "stages": 10}) for _ in range(4)]
        for request_id in ids:
            await other.follow(request_id)
        for request_id in ids:
            first = await one.whole_stream(request_id, seconds=REPAIR_SECONDS)
            assert first[-1]["type"] == "complete"
            assert await other.whole_stream(request_id, seconds=REPAIR_SECONDS) == first


@pytest.mark.acceptance
@pytest.mark.timeout(180)
async def test_a_client_that_comes_and_goes_misses_nothing(lossy_stack: LiveStack) -> None:
    async with connect(lossy_stack, "alice") as client:
        request_id = await client.submit("zoo_slow", {"seconds": 4, "steps": 80})
    stream: list[dict[str, Any]] = []
    server = 0
    while not (stream and stream[-1].get("final")):
        server = 1 - server
        async with connect(lossy_stack, "alice", server=server) as client:
            await client.follow(request_id, after_seq=len(stream))
            await client.until(lambda: client.stream(request_id), "one more message", REPAIR_SECONDS)
            client.drop()
            await client.closed()
            stream += client.stream(request_id)
    assert_is_whole(stream)
