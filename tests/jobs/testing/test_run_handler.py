"""The knobs of ``run_handler`` and the fields of what it returns: payload, result, error, files."""

import dataclasses
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from jobs.handler import (
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
from tests.handlers.results import FileThenWait, SavesFile
from tests.handlers.zoo import (
    AlwaysPermanent,
    AlwaysRetryable,
    Count,
    Crash,
    SecondTime,
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
