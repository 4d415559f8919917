"""The cells of the matrix fit together, and what they name is there."""

import pytest

from tests.chaos.cells import Cell, all_cells, short_cells
from tests.chaos.faults import FAULTS
from tests.chaos.inject import sitecustomize
from tests.chaos.matrix import choose, why_skipped
from tests.chaos.trial import Options


def test_it_works() -> None:
    names = [cell.name for cell in all_cells()]
    assert len(names) == len(set(names)) > 60
    assert {"child-kill@mid-run", "web-kill@during-replay", "both-kill@mid-run+defaults"} <= set(names)


def test_the_short_matrix_is_a_part_of_the_whole() -> None:
    assert set(short_cells()) < set(all_cells())
    assert len(short_cells()) <= 6


def test_a_pattern_chooses() -> None:
    assert {cell.point.name for cell in choose(all_cells(), "web-kill@*")} == {
        *("before-submit-commit", "after-submit-commit", "after-ring", "after-cancel-commit", "during-replay"),
    }
    assert choose(all_cells(), "no such cell") == []


@pytest.mark.parametrize("cell", all_cells(), ids=lambda cell: cell.name)
def test_every_order_is_known_and_who_holds_is_let_go(cell: Cell) -> None:
    assert cell.fault.order in sitecustomize._ORDERS
    # What is raised from outside needs the process to stand still, and something outside.
    assert (cell.fault.order == "hold") <= (cell.fault.name in FAULTS)


def test_neighbours_leave_each_other_time_to_recover() -> None:
    cells = [cell for cell in all_cells() if not why_skipped(cell, Options())][:30]
    pairs = list(zip(cells, cells[1:], strict=False))
    assert not any(one.fault.kind == other.fault.kind for one, other in pairs)


def test_postgres_is_restarted_only_by_a_command() -> None:
    (cell,) = choose(all_cells(), "postgres-restart@mid-run")
    assert "--database-url" in why_skipped(cell, Options())
    assert "--postgres-restart-command" in why_skipped(cell, Options(database_url="postgres://host/name"))
    assert why_skipped(cell, Options(postgres_restart="true", database_url="postgres://host/name")) == ""
