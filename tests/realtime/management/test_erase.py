import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from jobs.contract.topics import TopicHistory
from jobs.models import Artifact, AsyncRequest, DailyUsage, Dataset, RequestEvent, RequestTag
from realtime.models import Connection, Topic, TopicMessage
from realtime.topics.history import append, last_seq
from tests.jobs.building import make_submission, row_of, run_next, store, stored_files

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


@pytest.fixture
def own_storage(settings: Settings, tmp_path: Path) -> None:
    """Store files in a folder of the test."""
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": storage}


def erase(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run the command. Return its exit status and what it says as JSON."""
    output = StringIO()
    try:
        call_command("streamer_erase", "--json", *arguments, stdout=output, stderr=StringIO())
    except SystemExit as end:
        return int(str(end.code)), json.loads(output.getvalue())
    return 0, json.loads(output.getvalue())


def keep_something(user: str, tenant: str = "acme") -> None:
    """Store one of each kind for the user: a finished request with tag and file, a dataset, a closed connection."""
    request_id = store(make_submission(user=user, tenant=tenant, payload={"to": 3}, tags=["q3"]))
    run_next()
    now, owner = timezone.now(), {"tenant_id": tenant, "user_id": user}
    file = {"size_bytes": 3, "sha256": "0", "expires_at": now, "media_type": "text/plain", "filename": "a.txt"}
    for number, request in enumerate((row_of(request_id), None)):
        name = default_storage.save(f"artifacts/{user}-{tenant}-{number}.txt", ContentFile(b"abc"))
        Artifact.objects.create(request=request, storage_name=name, **owner, **file)
    name = default_storage.save(f"datasets/{user}-{tenant}.parquet", ContentFile(b"abc"))
    table = {"format": "csv", "uploaded_bytes": 3, "size_bytes": 3, "sha256": "0", "rows": 1}
    Dataset.objects.create(name=f"of-{user}", filename="a.csv", storage_name=name, **owner, **table)
    Connection.objects.create(server="web", closed_at=now, **owner)


def test_it_works() -> None:
    keep_something("alice")
    keep_something("bob")
    status, said = erase("--user", "alice")
    assert status == 0 and not any(said["left"].values())
    assert said["erased"]["requests"] == 1 and said["erased"]["files"] == 2 and said["erased"]["events"] > 1
    assert said["erased"]["datasets"] == said["erased"]["connections"] == 1
    for model in (AsyncRequest, Artifact, Dataset, Connection, RequestTag):
        assert set(model._default_manager.values_list("user_id", flat=True)) == {"bob"}
    assert RequestEvent.objects.exclude(request__user_id="bob").count() == 0
    assert all("bob" in name for name in stored_files()) and len(stored_files()) == 2
    assert [name for name in stored_files("datasets") if "alice" in name] == []


def test_a_dry_run_says_the_same_and_deletes_nothing() -> None:
    keep_something("alice")
    status, said = erase("--user", "alice", "--dry-run")
    assert status == 0 and said["dry_run"] and AsyncRequest.objects.count() == 1 and len(stored_files()) == 2
    assert erase("--user", "alice")[1]["erased"] == said["found"]


def test_a_user_of_one_tenant_is_another_in_the_next() -> None:
    keep_something("alice")
    keep_something("alice", tenant="other")
    erase("--user", "alice", "--tenant", "acme")
    assert set(AsyncRequest.objects.values_list("tenant_id", flat=True)) == {"other"}
    assert set(Connection.objects.values_list("tenant_id", flat=True)) == {"other"}


def test_a_tenant_goes_with_its_topics_and_its_daily_use() -> None:
    keep_something("alice")
    keep_something("bob")
    keep_something("charlie", tenant="other")
    today = timezone.now().date()
    DailyUsage.objects.create(tenant_id="acme", day=today)
    for name, tenant in (("prices", "acme"), ("rates", "other")):
        append(name, "{}", TopicHistory(messages=10), timezone.now(), tenant)
    status, said = erase("--tenant", "acme")
    assert status == 0 and said["erased"]["messages"] == 1 and said["erased"]["requests"] == 2
    assert set(AsyncRequest.objects.values_list("tenant_id", flat=True)) == {"other"}
    assert not DailyUsage.objects.filter(tenant_id="acme").exists()
    assert list(TopicMessage.objects.values_list("topic", flat=True)) == ["rates"]
    assert last_seq("prices") == 1 and Topic.objects.get(name="prices").first_seq == 2  # no number comes twice


def test_what_lives_is_cancelled_first() -> None:
    waiting = store(make_submission(user="alice"))
    status, said = erase("--user", "alice")
    assert status == 0 and said["erased"]["requests"] == 1 and not AsyncRequest.objects.filter(id=waiting).exists()


def test_what_is_left_is_told() -> None:
    running = store(make_submission(user="alice"))
    AsyncRequest.objects.filter(id=running).update(status="processing", attempt=1)
    Connection.objects.create(tenant_id="acme", user_id="alice", server="web")
    status, said = erase("--user", "alice", "--wait", "0")
    assert (status, said["left"]) == (1, {"requests": 1, "files": 0, "connections": 1})
    assert row_of(running).cancel_requested_at is not None


def test_datasets_can_stay_for_the_rest_of_the_tenant() -> None:
    keep_something("alice")
    erase("--user", "alice", "--keep-datasets")
    assert Dataset.objects.count() == 1 and AsyncRequest.objects.count() == 0


def test_somebody_must_be_named() -> None:
    with pytest.raises(CommandError, match="--user, --tenant or both"):
        call_command("streamer_erase")
