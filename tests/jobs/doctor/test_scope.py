"""An examination looks at what goes on and at the latest of the rest; a deep one looks at all."""

import uuid
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from jobs.doctor import scope
from jobs.models import Artifact, RequestEvent
from jobs.sweeper.orphans import some_orphans
from tests.jobs.building import change, claim, submit
from tests.jobs.doctor.illness import HOUR, completed, found, ill, make_old

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage", "own_scratch")]


@pytest.fixture(autouse=True)
def only_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope, "LATEST", 1)


def test_an_old_illness_is_found_by_a_deep_look() -> None:
    request_id = completed(updates=3)
    RequestEvent.objects.filter(request_id=request_id, seq=2).delete()
    assert found("log-numbers") == (str(request_id),)
    completed()
    assert not ill()
    assert ill(deep=True)["log-numbers"].found.examples == (str(request_id),)


def test_an_old_illness_of_what_goes_on_is_found() -> None:
    request_id = submit()
    claim()
    change(request_id, last_seq=2)
    completed()
    assert found("log-numbers") == (str(request_id),)


def test_only_the_newest_artifacts_are_looked_at() -> None:
    artifact = Artifact.objects.get(request_id=completed("zoo_file"))
    default_storage.delete(artifact.storage_name)
    completed("zoo_file")
    assert not ill()
    assert ill(deep=True)["artifact-files"].found.examples == (str(artifact.id),)


def test_names_are_looked_at_from_any_place_on_and_then_from_the_first() -> None:
    names = [f"artifacts/{digit}{uuid.uuid4().hex}/1/a.txt" for digit in "159"]
    for name in names:
        make_old(Path(default_storage.path(default_storage.save(name, ContentFile(b"over")))), 2 * HOUR)
    assert list(some_orphans("4", 2)) == names[1:]
    assert list(some_orphans("8", 2)) == [names[2], names[0]]
    assert sorted(some_orphans("f", 5)) == names
