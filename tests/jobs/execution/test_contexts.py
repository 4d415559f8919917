from pathlib import Path

import pytest
from pytest_django import Settings

from jobs.execution.contexts import AttemptContext, InlineContext
from jobs.execution.reporter import Reporter
from jobs.handler import Permanent, TimedOut
from jobs.models import Status
from tests.jobs.building import change, claim, submit


@pytest.fixture(autouse=True)
def own_scratch(settings: Settings, tmp_path: Path) -> None:
    settings.STREAMER_SCRATCH_DIR = tmp_path / "scratch"


def inline(seconds: float = 60) -> InlineContext:
    return InlineContext(tenant_id="acme", user_id="alice", seconds=seconds)


@pytest.mark.django_db(transaction=True)
def test_it_works() -> None:
    submit()
    claimed = claim()
    reporter = Reporter(claimed)
    with AttemptContext(claimed, reporter) as context:
        assert (context.request_id, context.attempt) == (claimed.request_id, 1)
        assert (context.tenant_id, context.user_id) == ("acme", "alice")
        context.report(10, "ten", stage="read")
        context.partial({"rows": 1})
        context.check()
    reporter.start()
    assert [draft.type for draft in reporter.close()] in ([], ["progress", "partial"])


@pytest.mark.django_db(transaction=True)
def test_a_first_attempt_has_nothing_to_go_on_from_and_a_later_one_has() -> None:
    request_id = submit()
    first = claim()
    assert AttemptContext(first, Reporter(first)).resume_state is None
    change(request_id, status=Status.RETRYING, resume_state=["a", 1])
    second = claim()
    assert AttemptContext(second, Reporter(second)).resume_state == ["a", 1]


def test_an_inline_run_takes_a_checkpoint_and_forgets_it() -> None:
    with inline() as context:
        context.checkpoint({"rows": 1})
        assert context.resume_state is None
        with pytest.raises(ValueError, match="65,536"):
            context.checkpoint("x" * 70_000)


def test_the_scratch_folder_is_made_when_it_is_asked_for_and_goes_with_the_run(tmp_path: Path) -> None:
    with inline() as context:
        assert not (tmp_path / "scratch").exists()
        folder = context.scratch_dir
        (folder / "spilled").write_bytes(b"rows")
        assert folder == context.scratch_dir and folder.parent == tmp_path / "scratch"
    assert not folder.exists()


def test_two_runs_do_not_share_a_scratch_folder() -> None:
    with inline() as first, inline() as second:
        assert first.scratch_dir != second.scratch_dir and first.request_id != second.request_id


def test_a_registered_source_can_be_opened_and_no_other() -> None:
    with inline() as context:
        assert context.get_source("sample") is not None
        with pytest.raises(Permanent, match="'nope'"):
            context.get_source("nope")


def test_an_inline_run_stops_when_its_time_is_up_or_nobody_waits() -> None:
    with inline(seconds=-1) as late, pytest.raises(TimedOut):
        late.check()
    with inline() as context:
        context.report(10, "nobody watches")
        context.partial({})
        context.give_up()
        for ask in (
            context.check,
            lambda: context.report(1),
            lambda: context.partial({}),
            lambda: context.checkpoint(1),
        ):
            with pytest.raises(TimedOut):
                ask()
        with pytest.raises(TimedOut), context.save_artifact("a.txt", "text/plain"):
            pass
