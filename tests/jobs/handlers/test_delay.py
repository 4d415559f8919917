import pytest

from jobs.handler import InvalidPayload
from jobs.handlers.delay import Delay
from jobs.testing import InProcessStack, run_handler


def test_it_works(streamer: InProcessStack) -> None:
    request = streamer.submit("delay", {"seconds": 0.3, "steps": 3})
    streamer.run()
    assert request.result["steps"] == 3 and request.result["seconds"] >= 0.3
    shown = [event["percentage"] for event in request.events() if event["type"] == "progress"]
    assert shown[0] == 0 and shown == sorted(shown) and shown[-1] == pytest.approx(66.67)


def test_a_repeated_one_goes_on_at_the_step_it_had_reached() -> None:
    run = run_handler(Delay, {"seconds": 60.2, "steps": 4}, resume_state={"steps": 3, "seconds": 60.0})
    assert [report.message for report in run.progress] == ["Step 4 of 4"]
    assert run.result["steps"] == 4 and 60.2 <= run.result["seconds"] < 70
    assert run.checkpoints[-1]["steps"] == 4


def test_a_cancel_is_heeded_between_two_steps() -> None:
    run = run_handler(Delay, {"seconds": 0.2, "steps": 4}, cancel_after=2)
    assert run.status == "cancelled" and run.checkpoints[-1]["steps"] < 4


def test_it_always_goes_through_the_queue_and_says_how_long_it_takes() -> None:
    delay = Delay()
    assert delay.estimate(delay.parse({"seconds": 0.1})) > 5
    assert delay.estimate(delay.parse({"seconds": 60.0})) == 60


@pytest.mark.parametrize("payload", [{"seconds": -1.0}, {"seconds": 601.0}, {"steps": 0}, {"steps": 10_001}])
def test_it_has_its_limits(payload: dict[str, float]) -> None:
    with pytest.raises(InvalidPayload):
        Delay().parse(payload)
