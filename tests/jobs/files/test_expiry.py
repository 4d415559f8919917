from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.files import expiry
from jobs.files.expiry import NoSuchArtifact, announce_expiring, expiring_among, expiring_of, extend, first_expiry
from jobs.models import Artifact, AsyncRequest
from jobs.requests.reads import owned_by
from tests.jobs.building import row_of, submit

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect the notices to owners, as (owner, id of the file)."""
    notices: list[Any] = []
    monkeypatch.setattr(expiry, "publish_notices", notices.extend)
    return notices


def make(expires_in: timedelta = 2 * DAY, age: timedelta = DAY, **fields: Any) -> Artifact:
    now = timezone.now()
    names = {"filename": "a.csv", "media_type": "text/csv", "size_bytes": 1, "storage_name": f"artifacts/{uuid4()}"}
    owner = {"tenant_id": "acme", "user_id": "alice", "request_id": submit()}
    times = {"created_at": now - age, "expires_at": now + expires_in, "notice_at": now + expires_in - DAY}
    return Artifact.objects.create(**{**names, **owner, **times, **fields})


def days_left(artifact_id: UUID) -> float:
    return (Artifact.objects.get(id=artifact_id).expires_at - timezone.now()) / DAY


def test_it_works() -> None:
    row = make()
    before = row_of(row.request_id)
    extended = extend(row.id, 10, owner=owned_by("acme", "alice"))
    assert extended.artifact.id == row.id and days_left(row.id) == pytest.approx(10, abs=0.01)
    assert extended.latest == row.created_at + 30 * DAY
    assert row_of(row.request_id).changed_at > before.changed_at


def test_a_file_is_never_kept_beyond_its_longest_life_nor_cut_short(settings: Settings) -> None:
    row = make(age=5 * DAY)
    extend(row.id, 300)
    assert days_left(row.id) == pytest.approx(25, abs=0.01)
    extend(row.id, 0.5)
    assert days_left(row.id) == pytest.approx(25, abs=0.01)
    settings.STREAMER_ARTIFACT_MAX_DAYS = 1
    assert extend(row.id, 300).latest == Artifact.objects.get().expires_at


@pytest.mark.parametrize("fields", [{"user_id": "bob"}, {"tenant_id": "other"}, {"expires_in": -HOUR}])
def test_what_is_not_yours_or_has_expired_does_not_exist(fields: dict[str, Any]) -> None:
    row = make(**fields)
    with pytest.raises(NoSuchArtifact):
        extend(row.id, 10, owner=owned_by("acme", "alice"))
    with pytest.raises(NoSuchArtifact):
        extend(uuid4(), 10)
    assert Artifact.objects.get().expires_at == row.expires_at


# --- notices ---------------------------------------------------------------------------------------------------------


def test_each_owner_is_told_once_of_each_file(told: list[Any]) -> None:
    soon, later = make(12 * HOUR), make(3 * DAY)
    bobs = make(HOUR, user_id="bob")
    assert announce_expiring(timezone.now()) == 2 and announce_expiring(timezone.now()) == 0
    assert sorted(told) == sorted([(("acme", "alice"), soon.id), (("acme", "bob"), bobs.id)])
    assert announce_expiring(timezone.now() + 2.5 * DAY) == 1 and told[-1][1] == later.id


def test_what_has_expired_is_not_announced(told: list[Any]) -> None:
    make(-HOUR)
    assert announce_expiring(timezone.now()) == 0 and told == []


def test_a_file_that_was_extended_is_announced_again_before_its_new_end(told: list[Any]) -> None:
    row = make(12 * HOUR)
    announce_expiring(timezone.now())
    assert [one.id for one in expiring_of("acme", "alice")] == [row.id]
    extend(row.id, 5)
    assert expiring_of("acme", "alice") == [] and expiring_among([row.id]) == []
    assert announce_expiring(timezone.now() + 3.9 * DAY) == 0 and announce_expiring(timezone.now() + 4.1 * DAY) == 1


def test_a_short_life_is_not_announced_in_its_first_half(settings: Settings) -> None:
    settings.STREAMER_ARTIFACT_DAYS = 1
    now = timezone.now()
    assert first_expiry(now) == (now + DAY, now + DAY / 2)
    settings.STREAMER_ARTIFACT_DAYS = 7
    assert first_expiry(now) == (now + 7 * DAY, now + 6 * DAY)
    assert not AsyncRequest.objects.exists()
