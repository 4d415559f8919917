from hypothesis import given
from hypothesis import strategies as st

from jobs.handlers.generate_report.pdf.axis import fit_axis


def test_marks_are_round_numbers_with_separators() -> None:
    axis = fit_axis([0.0, 1_374_517.16])
    assert [axis.label(mark) for mark in axis.marks] == ["0", "500,000", "1,000,000", "1,500,000"]


def test_small_values_get_the_decimals_they_need() -> None:
    axis = fit_axis([0.1, 1.2])
    assert [axis.label(mark) for mark in axis.marks] == ["0.00", "0.25", "0.50", "0.75", "1.00", "1.25"]


def test_losses_are_below_zero() -> None:
    axis = fit_axis([-40.0, 100.0])
    assert [axis.label(mark) for mark in axis.marks] == ["−50", "0", "50", "100"]


@given(
    st.lists(
        st.floats(min_value=-1e15, max_value=1e15).filter(lambda value: value == 0 or abs(value) > 1e-4), min_size=1
    )
)
def test_every_value_has_its_place(values: list[float]) -> None:
    axis = fit_axis(values)
    assert 2 <= len(axis.marks) <= 9
    slack = axis.step * 1e-6
    assert axis.low - slack <= min(0.0, *values) and max(0.0, *values) <= axis.high + slack
    assert len({axis.label(mark) for mark in axis.marks}) == len(axis.marks)
