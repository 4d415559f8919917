from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from pytest_django import Settings

from jobs.files.artifacts import ArtifactStaging
from jobs.models import Artifact, Status
from jobs.requests.cancellation import request_cancel
from tests.jobs.building import claim, final_of, log_of, run_next, stored_files, submit
from tests.jobs.execution.runner.in_thread import Aside

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


def test_a_file_becomes_an_artifact_when_the_request_completes() -> None:
    submit("zoo_file", text="hello")
    row = run_next()
    artifact = Artifact.objects.get()
    assert (artifact.request_id, artifact.tenant_id, artifact.user_id) == (row.id, "acme", "alice")
    assert artifact.storage_name.startswith(f"artifacts/{row.id}/1/")
    with default_storage.open(artifact.storage_name) as file:
        assert file.read() == b"hello"
    assert final_of(row.id)["artifacts"] == [row.result]


def test_a_large_result_becomes_a_file(settings: Settings) -> None:
    submit("zoo_big_result")
    row = run_next()
    artifact = Artifact.objects.get()
    assert artifact.size_bytes > settings.STREAMER_INLINE_RESULT_BYTES
    assert row.result is not None and row.result["artifact_id"] == str(artifact.id)
    assert (artifact.filename, artifact.media_type) == ("result.json", "application/json")


def test_the_files_of_a_failed_run_are_discarded() -> None:
    submit("zoo_file", fail=True)
    row = run_next()
    assert row.status == Status.FAILED and not Artifact.objects.exists() and stored_files() == []


@pytest.mark.usefixtures("quick_beats")
def test_a_cancelled_run_leaves_neither_files_nor_a_scratch_folder() -> None:
    request_id = submit("zoo_file_then_wait")
    aside = Aside(claim()).until_it_reports()
    assert stored_files() == ["early.txt"]
    folder = log_of(request_id)[1].data["metadata"]["folder"]
    request_cancel(request_id)
    assert aside.wait().status == Status.CANCELLED
    assert stored_files() == [] and not Artifact.objects.exists()
    assert not Path(folder).exists()


@pytest.mark.usefixtures("quick_beats")
def test_a_killed_run_leaves_no_files(settings: Settings) -> None:
    settings.STREAMER_CANCEL_GRACE_SECONDS = 0.1
    request_id = submit("zoo_file_then_deaf")
    aside = Aside(claim()).until_it_reports()
    request_cancel(request_id)
    assert aside.wait().status == Status.CANCELLED and aside.ended.is_set()
    assert stored_files() == []


def test_a_file_that_cannot_be_discarded_does_not_change_the_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: ArtifactStaging) -> None:
        raise OSError("the storage is away")

    monkeypatch.setattr(ArtifactStaging, "discard", broken)
    request_id = submit("zoo_file", fail=True)
    run_next()
    assert final_of(request_id)["error"]["message"] == "After the file"
