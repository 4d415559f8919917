import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from jobs.queue.reservation import has_place, is_long, may_occupy, share_of

TWO = {"default": frozenset({"a", "b"})}
NAMES = "abcdefgh"


def test_it_works() -> None:
    assert may_occupy("a", set(), TWO) and not may_occupy("b", {"a"}, TWO)
    assert is_long(10.1) and not is_long(10.0)


def test_a_single_worker_serves_everybody() -> None:
    one = {"default": frozenset({"a"})}
    assert share_of(1) == 1 and may_occupy("a", set(), one)
    assert may_occupy("a", {"dead"}, one), "a worker that is no more takes no share"


@pytest.mark.parametrize(("reserved", "shares"), [(0, [1, 2, 8]), (1, [1, 1, 7]), (3, [1, 1, 5])])
def test_the_number_of_reserved_workers_is_a_setting(settings: Settings, reserved: int, shares: list[int]) -> None:
    settings.STREAMER_RESERVED_WORKERS = reserved
    assert [share_of(workers) for workers in (1, 2, 8)] == shares


def test_who_serves_several_queues_is_missing_in_all_of_them() -> None:
    served = {"default": frozenset({"a"}), "reports": frozenset({"a", "b"})}
    assert not may_occupy("a", {"b"}, served), "nobody would be left for the others' reports"
    assert may_occupy("b", set(), served) and may_occupy("a", set(), served)
    assert not has_place(served["default"], {"b"}, served) and has_place(served["reports"], set(), served)


def test_who_has_all_workers_of_a_queue_waits_for_one_of_them_and_not_for_a_place() -> None:
    assert has_place(["a"], {"a"}, {"default": frozenset({"a"})})


served_by = st.dictionaries(
    st.sampled_from(["default", "reports", "ml"]), st.frozensets(st.sampled_from(NAMES), min_size=1), min_size=1
)


@given(served=served_by, order=st.permutations(NAMES), reserved=st.integers(0, 3))
def test_however_they_come_a_worker_of_each_queue_is_left(
    served: dict[str, frozenset[str]], order: list[str], reserved: int
) -> None:
    """Each worker in turn claims for one tenant, whenever it may."""
    with override_settings(STREAMER_RESERVED_WORKERS=reserved):
        occupied: set[str] = set()
        for worker in order:
            if may_occupy(worker, occupied, served):
                occupied.add(worker)
        for names in served.values():
            assert len(occupied & names) <= max(1, len(names) - reserved)
            assert has_place(names, occupied, served) == (
                names <= occupied or any(may_occupy(worker, occupied, served) for worker in names - occupied)
            )
        assert occupied, "nobody can keep a tenant from all workers"
