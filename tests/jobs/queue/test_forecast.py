import pytest

from jobs.queue.forecast import start_seconds


def test_it_works() -> None:
    """Two workers, one of which is free: the first run starts at once, the others when one of the two is."""
    assert list(start_seconds([3.0, 0.0], [2.0, 2.0, 2.0, 2.0])) == [0.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(("free_in", "expected"), [([5.0], [5.0, 15.0]), ([0.0, 0.0, 9.0], [0.0, 0.0])])
def test_each_worker_runs_one_at_a_time(free_in: list[float], expected: list[float]) -> None:
    assert list(start_seconds(free_in, [10.0, 10.0])) == expected
