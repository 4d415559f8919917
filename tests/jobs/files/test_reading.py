import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.execution.contexts import InlineContext
from jobs.files.artifacts import ArtifactStaging
from jobs.handler import Permanent
from jobs.models import Artifact

pytestmark = pytest.mark.django_db


@pytest.fixture
def stored(tmp_path: Path, own_storage: Path) -> Artifact:
    """Store a file of Alice's."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    staging = ArtifactStaging(request_id=None, attempt=1, tenant_id="acme", user_id="alice", scratch=lambda: scratch)
    staging.add_bytes("model.skops", "application/octet-stream", b"a model")
    (row,) = staging.rows
    row.save()
    return row


def context(tenant: str = "acme", user: str = "alice") -> InlineContext:
    return InlineContext(tenant_id=tenant, user_id=user, seconds=60)


def test_it_works(stored: Artifact) -> None:
    with context() as run:
        with run.open_artifact(stored.id) as file:
            assert file.read() == b"a model"
            file.seek(2)
            assert file.read() == b"model"
        assert list(run.scratch_dir.iterdir()) == []


def expire(row: Artifact) -> None:
    Artifact.objects.filter(id=row.id).update(expires_at=timezone.now() - timedelta(seconds=1))


def lose(row: Artifact) -> None:
    default_storage.delete(row.storage_name)


@pytest.mark.parametrize(
    ("tenant", "user", "happens"),
    [
        ("acme", "bob", None),
        ("other", "alice", None),
        ("acme", "alice", expire),
        ("acme", "alice", lose),
        ("acme", "alice", Artifact.delete),
    ],
)
def test_what_is_not_theirs_answers_as_what_does_not_exist(
    stored: Artifact, tenant: str, user: str, happens: Callable[[Artifact], object] | None
) -> None:
    artifact_id = stored.id
    if happens is not None:
        happens(stored)
    with context(tenant, user) as run:
        with pytest.raises(Permanent) as refused, run.open_artifact(artifact_id):
            pass
        unknown = uuid.uuid4()
        with pytest.raises(Permanent) as missing, run.open_artifact(unknown):
            pass
    assert refused.value.message.replace(str(artifact_id), "") == missing.value.message.replace(str(unknown), "")
    assert refused.value.body()["code"] == missing.value.body()["code"]


def test_a_file_that_was_changed_in_the_storage_is_refused(stored: Artifact) -> None:
    Path(default_storage.path(stored.storage_name)).write_bytes(b"A model")
    with context() as run, pytest.raises(Permanent, match="damaged"), run.open_artifact(stored.id):
        pass
