"""Progress, partial results and messages of a run of the test kit."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from jobs.testing import context, run_handler
from tests.handlers.results import OddTexts, Partial
from tests.handlers.zoo import (
    Count,
    SecondTime,
)
from tests.jobs.testing.scripts import Scene, handler_of


def test_percentages_are_those_that_clients_see_beside_those_that_were_given() -> None:
    def script(scene: Scene) -> None:
        for percentage in (-10, 40.126, 20, 300):
            scene.context.report(percentage, stage=f"at {percentage}")

    run = run_handler(handler_of(script), {})
    assert [report.percentage for report in run.progress] == [0, 40.13, 40.13, 100]
    assert [report.given_percentage for report in run.progress] == [-10, 40.126, 20, 300]
    assert run.stages == ("at -10", "at 40.126", "at 20", "at 300")


def test_messages_are_numbered_through_all_attempts() -> None:
    run = run_handler(SecondTime, {}, max_attempts=2)
    messages = [*run.earlier[0].messages, *run.messages]
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    types = ["started", "progress", "retrying", "started", "progress", "complete"]
    assert [message["type"] for message in messages] == types
    assert [message["attempt"] for message in messages] == [1] * 3 + [2] * 3


def test_messages_are_thinned_and_the_last_value_always_arrives() -> None:
    run = run_handler(Count, {"updates": 1_000})
    shown = [message for message in run.messages if message["type"] == "progress"]
    assert len(run.progress) == 1_000 and len(shown) < 400
    assert shown[0]["message"] == "1 of 1000" and shown[-1]["percentage"] == 100


def test_a_held_report_is_sent_when_its_time_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(context, "time", SimpleNamespace(monotonic=lambda: clock.seconds))

    def script(scene: Scene) -> None:
        for number in range(4):
            scene.context.report(number)
            clock.seconds += 0.25 if number == 1 else 0

    run = run_handler(handler_of(script), {})
    assert [message["percentage"] for message in run.messages if message["type"] == "progress"] == [0, 1, 3]


def test_partials_come_in_order_with_the_progress() -> None:
    run = run_handler(Partial, {})
    assert run.partials == ({"number": 1}, {"number": 2}, {"number": 3})
    pairs = zip(run.messages, run.messages[1:], strict=False)
    before = [one["message"] for one, following in pairs if following["type"] == "partial"]
    assert before == ["just before 1", "just before 2", "just before 3"]


def test_texts_that_no_database_takes_are_mended_as_in_a_worker() -> None:
    run = run_handler(OddTexts, {"texts": [r"a\x00b", r"\udcff"]})
    assert [report.message for report in run.progress] == ["ab", "?"]


def test_threads_of_a_handler_may_report_at_once() -> None:
    def script(scene: Scene) -> None:
        def work(number: int) -> None:
            scene.context.report(number, str(number))
            scene.context.partial({"number": number})

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(100)))

    run = run_handler(handler_of(script), {})
    assert sorted(int(report.message) for report in run.progress) == list(range(100))
    percentages = [report.percentage for report in run.progress]
    assert percentages == sorted(percentages) and len(run.partials) == 100
    numbers = [message["data"]["number"] for message in run.messages if message["type"] == "partial"]
    assert numbers == [partial["number"] for partial in run.partials]
