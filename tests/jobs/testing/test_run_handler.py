"""Every knob of ``run_handler`` and every field of what it returns."""

import dataclasses
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from jobs.handler import (
    AttemptLost,
    Cancelled,
    Context,
    InvalidPayload,
    NoPayload,
    Permanent,
    Result,
    Retryable,
    TimedOut,
)
from jobs.testing import MemoryContext, ResultMisfit, run_handler
from tests.handlers.limits import BadKey, Outside
from tests.handlers.results import FileThenWait, OddTexts, Partial, SavesFile
from tests.handlers.zoo import (
    AlwaysPermanent,
    AlwaysRetryable,
    ComeBackLater,
    Count,
    Crash,
    GoesOn,
    Late,
    Library,
    SecondTime,
    Silent,
    Swallow,
    TooLong,
    TooOften,
)
from tests.jobs.testing.scripts import Scene, Scripted, handler_of


class Whose(Scripted):
    """Say whose run it is."""

    action = "zoo_whose"
    payload_model = NoPayload

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        return {
            "tenant_id": context.tenant_id,
            "user_id": context.user_id,
            "request_id": str(context.request_id),
            "attempt": context.attempt,
            "resume_state": context.resume_state,
        }


def test_it_works() -> None:
    run = run_handler(Count, {"updates": 20, "stages": 2})
    assert (run.status, run.result, run.error, run.exception) == ("completed", {"updates": 20}, None, None)
    assert [report.message for report in run.progress] == [f"{number} of 20" for number in range(1, 21)]
    assert run.stages == ("stage 0", "stage 1") and run.progress[-1].percentage == 100
    assert run.messages[0]["type"] == "started" and run.messages[-1]["type"] == "complete"


class _Told(Result):
    updates: str


class Misfit(Count):
    """Say something else than is declared."""

    action = "zoo_misfit"
    result_model = _Told


def test_a_result_that_does_not_fit_its_model_fails_the_test() -> None:
    text = "The result of 'zoo_misfit' does not fit _Told: updates: Input should be a valid string"
    with pytest.raises(ResultMisfit, match=text):
        run_handler(Misfit, {"updates": 1})


def test_a_run_that_does_not_complete_has_no_result_to_fit() -> None:
    assert run_handler(Misfit, {"updates": "many"}).status == "failed"
    assert run_handler(Misfit, {"updates": 3}, cancel_after=1).status == "cancelled"


def test_a_handler_may_be_a_class_or_an_object() -> None:
    assert run_handler(Count(), {"updates": 1}).result == run_handler(Count, {"updates": 1}).result


def test_an_invalid_payload_fails_with_every_fault_and_nothing_is_run() -> None:
    run = run_handler(Count, {"updates": "many", "colour": "red"})
    assert run.status == "failed" and run.error is not None and run.error["code"] == "VALIDATION_ERROR"
    assert [fault["path"] for fault in run.error["details"]["faults"]] == ["updates", "colour"]
    assert isinstance(run.exception, InvalidPayload) and run.progress == ()


def test_a_run_says_the_key_of_its_limits_and_fails_for_a_bad_one() -> None:
    assert run_handler(Outside, {"service": "erp"}).limit_key == "erp"
    run = run_handler(BadKey)
    assert (run.status, run.limit_key) == ("failed", None) and isinstance(run.exception, ValueError)


def test_whose_run_it_is() -> None:
    request_id = uuid.uuid4()
    owner = {"tenant_id": "other", "user_id": "charlie"}
    run = run_handler(Whose, {}, **owner, request_id=request_id, attempt=3, resume_state=("a", 1))  # type: ignore[arg-type]
    state = {"resume_state": ["a", 1]}  # it has been stored as JSON meanwhile
    assert run.result == {**owner, "request_id": str(request_id), "attempt": 3, **state}
    assert (run.request_id, run.attempt) == (request_id, 3)
    plain = run_handler(Whose, {}).result
    assert (plain["tenant_id"], plain["user_id"], plain["attempt"], plain["resume_state"]) == ("acme", "alice", 1, None)


def test_a_resume_state_has_the_limits_of_a_checkpoint() -> None:
    with pytest.raises(ValueError, match="65,536"):
        run_handler(Whose, {}, resume_state="x" * 70_000)
    with pytest.raises(TypeError):
        run_handler(Whose, {}, resume_state=object())


@pytest.mark.parametrize("after", [0, 1, 30])
def test_a_cancel_comes_after_so_many_reports(after: int) -> None:
    run = run_handler(Count, {"updates": 100}, cancel_after=after)
    assert run.status == "cancelled" and isinstance(run.exception, Cancelled) and len(run.progress) == after
    assert (run.result, run.error) == (None, None)
    assert run.messages[-1]["mode"] == "cooperative" and run.messages[-1]["final"]


def test_a_cancel_comes_when_a_function_says_so() -> None:
    run = run_handler(Count, {"updates": 100}, cancel_after=lambda context: len(context.progress) == 7)
    assert run.status == "cancelled" and len(run.progress) == 7


def test_a_cancel_after_the_end_is_none() -> None:
    assert run_handler(Count, {"updates": 3}, cancel_after=3).status == "completed"


def test_a_stop_stays_until_the_handler_ends() -> None:
    run = run_handler(Swallow, {}, cancel_after=2)
    assert run.status == "cancelled" and len(run.progress) == 2


def test_a_timeout_is_that_of_the_handler() -> None:
    run = run_handler(Late, {}, time_out_after=1)
    assert isinstance(run.exception, TimedOut) and run.status == "failed" and run.error is not None
    assert run.error["code"] == "TIMEOUT" and run.error["details"] == {"reason": "attempt", "seconds": 0.5}


@pytest.mark.parametrize(("handler", "reason"), [(Late, "attempt"), (TooLong, "request")])
def test_the_limits_of_the_handler_hold_without_an_order(handler: Any, reason: str) -> None:
    run = run_handler(handler, {})
    assert run.error is not None and run.error["details"]["reason"] == reason


def test_a_silent_handler_times_out_when_it_speaks_again() -> None:
    class Pausing(Silent):
        action = "zoo_pausing"
        payload_model = NoPayload

        def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
            context.report(50, "The last word")
            time.sleep(0.4)
            context.check()
            return {}

    run = run_handler(Pausing, {})
    assert run.error is not None and run.error["details"] == {"reason": "silence", "seconds": 0.3}


def test_a_lost_attempt_has_no_outcome() -> None:
    run = run_handler(Count, {"updates": 100}, lose_after=5)
    assert isinstance(run.exception, AttemptLost) and run.status == "processing"
    assert (run.result, run.error) == (None, None) and not run.messages[-1].get("final")


def test_retries_follow_the_policy() -> None:
    assert run_handler(AlwaysRetryable, {}).status == "retrying"
    assert run_handler(AlwaysRetryable, {}, attempt=3).status == "failed"
    run = run_handler(AlwaysRetryable, {}, max_attempts=10)
    assert (run.status, run.attempt, [one.status for one in run.earlier]) == ("failed", 3, ["retrying"] * 2)
    assert run.error is not None and run.error["message"] == "Not today (attempt 3)"
    assert run_handler(AlwaysRetryable, {}, max_attempts=2).attempt == 2


def test_a_later_attempt_may_succeed_and_goes_on_from_the_last_checkpoint() -> None:
    assert run_handler(SecondTime, {}, max_attempts=3).result == {"attempt": 2}
    run = run_handler(GoesOn, {}, max_attempts=3)
    assert run.result == {"begun_with": [False, True, True]}
    first, second = run.earlier
    assert first.request_id == second.request_id == run.request_id
    assert second.resume_state == {"begun_with": [False, True]}
    assert first.checkpoints == ({"begun_with": "overwritten at once"}, {"begun_with": [False]})
    alone = run_handler(GoesOn, {}, attempt=2, resume_state=first.resume_state)
    assert alone.checkpoints == second.checkpoints


def test_messages_are_numbered_through_all_attempts() -> None:
    run = run_handler(SecondTime, {}, max_attempts=2)
    messages = [*run.earlier[0].messages, *run.messages]
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    types = ["started", "progress", "retrying", "started", "progress", "complete"]
    assert [message["type"] for message in messages] == types
    assert [message["attempt"] for message in messages] == [1] * 3 + [2] * 3


def test_no_checkpoint_leaves_the_resume_state_as_it_was() -> None:
    assert run_handler(AlwaysRetryable, {}, resume_state={"rows": 1}).resume_state == {"rows": 1}


def test_a_pause_and_an_error_of_a_library_are_retried() -> None:
    later = run_handler(ComeBackLater, {})
    assert later.status == "retrying" and later.error is not None and later.error["retry_after"] == 120
    assert run_handler(Library, {}).status == "retrying"
    assert run_handler(TooOften, {}, attempt=99).status == "retrying"


def test_an_error_for_people_passes_through_and_a_bug_does_not() -> None:
    told = run_handler(AlwaysPermanent, {}).error
    assert told == {
        "code": "PROCESSING_FAILED",
        "message": "The file has no rows",
        "details": {"rows": 0},
        "retryable": False,
    }
    run = run_handler(Crash, {})
    assert isinstance(run.exception, KeyError) and run.error is not None
    assert run.error["code"] == "INTERNAL_ERROR" and "secret" not in str(run.error)


def test_errors_can_be_raised_and_stops_are_not() -> None:
    for handler, error in ((AlwaysPermanent, Permanent), (Crash, KeyError), (AlwaysRetryable, Retryable)):
        with pytest.raises(error):
            run_handler(handler, {}, raise_errors=True)
    with pytest.raises(InvalidPayload):
        run_handler(Count, {"updates": "many"}, raise_errors=True)
    assert run_handler(SecondTime, {}, max_attempts=2, raise_errors=True).status == "completed"
    assert run_handler(Count, {}, cancel_after=1, raise_errors=True).status == "cancelled"


@pytest.mark.parametrize("error", [KeyboardInterrupt, pytest.fail.Exception])
def test_what_ends_the_test_is_no_outcome(error: type[BaseException]) -> None:
    def script(scene: Scene) -> None:
        raise error("now")

    with pytest.raises(error):
        run_handler(handler_of(script), {})


def test_percentages_are_those_that_clients_see_beside_those_that_were_given() -> None:
    def script(scene: Scene) -> None:
        for percentage in (-10, 40.126, 20, 300):
            scene.context.report(percentage, stage=f"at {percentage}")

    run = run_handler(handler_of(script), {})
    assert [report.percentage for report in run.progress] == [0, 40.13, 40.13, 100]
    assert [report.given_percentage for report in run.progress] == [-10, 40.126, 20, 300]
    assert run.stages == ("at -10", "at 40.126", "at 20", "at 300")


def test_messages_are_thinned_and_the_last_value_always_arrives() -> None:
    run = run_handler(Count, {"updates": 1_000})
    shown = [message for message in run.messages if message["type"] == "progress"]
    assert len(run.progress) == 1_000 and len(shown) < 400
    assert shown[0]["message"] == "1 of 1000" and shown[-1]["percentage"] == 100


def test_a_held_report_is_sent_when_its_time_has_come() -> None:
    def script(scene: Scene) -> None:
        for number in range(4):
            scene.context.report(number)
            time.sleep(0.25 if number == 1 else 0)

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


def test_files_are_found_by_name_and_by_type() -> None:
    def script(scene: Scene) -> None:
        for name, media_type in (("a.txt", "text/plain"), ("b.csv", "text/csv"), ("c.csv", "text/csv")):
            with scene.context.save_artifact(name, media_type) as saved:
                saved.file.write(f"in {name}".encode())

    run = run_handler(handler_of(script), {})
    assert run.artifact("a.txt") is run.artifact(media_type="text/plain") is run.artifacts[0]
    a_txt = run.artifact("a.txt")
    assert (a_txt.text, a_txt.size_bytes, a_txt.open().read()) == ("in a.txt", 8, b"in a.txt")
    assert run.artifact("c.csv", media_type="text/csv").content == b"in c.csv"
    assert run.messages[-1]["artifacts"][0]["sha256"] == a_txt.sha256
    for wanted, found in (({"filename": "none"}, 0), ({"media_type": "text/csv"}, 2), ({}, 3)):
        with pytest.raises(LookupError, match=rf"{found} artifacts fit. There are: a.txt \(text/plain\), b.csv"):
            run.artifact(**wanted)  # type: ignore[arg-type]


def test_files_of_a_run_that_does_not_complete_are_gone() -> None:
    for run in (run_handler(SavesFile, {"fail": True}), run_handler(FileThenWait, {}, cancel_after=1)):
        assert run.artifacts == () and [one.content for one in run.discarded] in ([b"hello"], [b"too early"])
        with pytest.raises(LookupError, match="There are: none"):
            run.artifact()


def test_the_scratch_folder_goes_with_the_run() -> None:
    folders: list[Path] = []

    def script(scene: Scene) -> None:
        folders.append(scene.context.scratch_dir)
        (scene.context.scratch_dir / "spilled").write_bytes(b"rows")
        with scene.context.save_artifact("a.txt", "text/plain") as saved:
            saved.file.write(b"hello")
        raise Permanent("Over")

    for _ in range(2):
        run_handler(handler_of(script), {})
    assert folders[0] != folders[1] and not any(folder.exists() for folder in folders)


def test_nothing_leaks_between_runs() -> None:
    before = django_settings.STREAMER_SOURCES
    first, again = run_handler(SavesFile, {}, sources={"more": {}}), run_handler(SavesFile, {})
    assert len(first.artifacts) == len(again.artifacts) == 1 and first.request_id != again.request_id
    assert first.artifacts[0].id != again.artifacts[0].id
    assert django_settings.STREAMER_SOURCES is before
    assert run_handler(Count, {}, cancel_after=0).status == "cancelled"
    assert run_handler(Count, {}).status == "completed"


def test_what_a_run_came_to_does_not_change() -> None:
    run = run_handler(Count, {"updates": 2})
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.status = "failed"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.progress[0].message = "other"  # type: ignore[misc]


def test_a_context_can_be_had_without_a_handler() -> None:
    with MemoryContext(user_id="bob", cancel_after=1) as context:
        context.report(10, "ten")
        with pytest.raises(Cancelled):
            context.check()
    assert context.user_id == "bob" and context.progress[0].message == "ten"


def test_a_context_without_a_handler_can_time_out() -> None:
    with MemoryContext(time_out_after=0) as context, pytest.raises(TimedOut):
        context.check()


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
