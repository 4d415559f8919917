from pathlib import Path

import pytest

from jobs.handler import InvalidPayload
from jobs.handlers.delay import Delay
from tests.jobs.building import log_of, run_next, submit
from tests.jobs.handlers.recording_context import new_context


@pytest.mark.django_db(transaction=True)
def test_it_works() -> None:
    request_id = submit("delay", seconds=0.3, steps=3)
    row = run_next()
    assert row.result is not None and row.result["steps"] == 3 and row.result["seconds"] >= 0.3
    shown = [event.data["percentage"] for event in log_of(request_id) if event.type == "progress"]
    assert shown[0] == 0 and shown == sorted(shown) and shown[-1] == pytest.approx(66.67)


def test_a_repeated_one_goes_on_at_the_step_it_had_reached(tmp_path: Path) -> None:
    delay = Delay()
    context = new_context(tmp_path, resume_state={"steps": 3, "seconds": 60.0})
    result = delay.run(delay.parse({"seconds": 60.2, "steps": 4}), context)
    assert [report.message for report in context.reports] == ["Step 4 of 4"]
    assert result["steps"] == 4 and 60.2 <= result["seconds"] < 70
    assert context.checkpoints[-1]["steps"] == 4


def test_it_always_goes_through_the_queue_and_says_how_long_it_takes() -> None:
    delay = Delay()
    assert delay.estimate(delay.parse({"seconds": 0.1})) > 5
    assert delay.estimate(delay.parse({"seconds": 60.0})) == 60


@pytest.mark.parametrize("payload", [{"seconds": -1.0}, {"seconds": 601.0}, {"steps": 0}, {"steps": 10_001}])
def test_it_has_its_limits(payload: dict[str, float]) -> None:
    with pytest.raises(InvalidPayload):
        Delay().parse(payload)
