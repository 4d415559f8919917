"""Places are given to tenants in turn, and nobody takes the last one for long."""

import asyncio

import pytest

from realtime.http.uploads.turns import Turns


class Work:
    """Work of a tenant that lasts until the test ends it."""

    def __init__(self, turns: Turns, tenant: str, order: list[str]) -> None:
        self.done = asyncio.Event()
        self.task = asyncio.create_task(self._run(turns, tenant, order))

    async def _run(self, turns: Turns, tenant: str, order: list[str]) -> None:
        async with turns.place(tenant):
            order.append(tenant)
            await self.done.wait()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def end(*works: Work) -> None:
    for work in works:
        work.done.set()
        await work.task
    await settle()


async def test_it_works() -> None:
    turns, order = Turns(2), list[str]()
    first, second, third = (Work(turns, tenant, order) for tenant in ("a", "b", "c"))
    await settle()
    assert order == ["a", "b"]
    await end(first)
    assert order == ["a", "b", "c"]
    await end(second, third)


async def test_no_tenant_takes_the_last_place() -> None:
    turns, order = Turns(3), list[str]()
    flood = [Work(turns, "flood", order) for _ in range(5)]
    await settle()
    assert order == ["flood", "flood"]
    other = Work(turns, "other", order)
    await settle()
    assert order[-1] == "other"
    await end(*flood, other)


async def test_who_waits_gets_a_turn_before_the_rest_of_a_flood() -> None:
    turns, order = Turns(1), list[str]()
    flood = [Work(turns, "flood", order) for _ in range(4)]
    await settle()
    others = [Work(turns, "b", order), Work(turns, "c", order)]
    await settle()
    await end(*flood[:2], *others)
    assert order == ["flood", "flood", "b", "c", "flood"]
    await end(*flood[2:])


@pytest.mark.parametrize("is_handed_on", [False, True])
async def test_who_goes_away_leaves_no_place_taken(is_handed_on: bool) -> None:
    turns, order = Turns(1), list[str]()
    first, leaving, last = (Work(turns, tenant, order) for tenant in ("a", "b", "c"))
    await settle()
    if is_handed_on:  # the place is given in the moment in which its taker goes away
        first.done.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    leaving.task.cancel()
    await end(first)
    assert order[-1] == "c" or leaving.task.done()
    await end(last)
    assert order[-1] == "c"
