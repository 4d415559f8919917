import asyncio

from realtime.shared import delivery, drain, registry, submission_writer


async def test_it_works() -> None:
    assert registry() is registry() and delivery() is delivery()
    assert submission_writer() is submission_writer() and drain() is drain()


def test_each_event_loop_has_its_own() -> None:
    async def parts() -> tuple[object, object]:
        return registry(), delivery()

    with asyncio.Runner() as first, asyncio.Runner() as second:
        one, other = first.run(parts()), second.run(parts())
        assert one[0] is not other[0] and one[1] is not other[1]
        assert first.run(parts()) == one
