"""The operator's verb for files: keep them for longer."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from jobs.models import Artifact, Status
from tests.jobs.admin.pages import make_artifact, make_request, sign_in_staff

pytestmark = pytest.mark.django_db
FILES = "/admin/jobs/artifact/"


@pytest.mark.parametrize("may", [True, False])
def test_files_are_kept_for_longer_by_those_who_may(client: Client, may: bool) -> None:
    sign_in_staff(client, "view_artifact", *(["change_artifact"] if may else []))
    row = make_artifact(make_request(Status.COMPLETED), expires_at=timezone.now() + timedelta(hours=1))
    client.post(FILES, {"action": "extend_selected", "_selected_action": [str(row.id)]})
    kept = Artifact.objects.get().expires_at - timezone.now()
    assert (kept > timedelta(days=6)) is may and LogEntry.objects.exists() is may


def test_one_that_has_expired_is_not(client: Client) -> None:
    sign_in_staff(client, "view_artifact", "change_artifact")
    row = make_artifact(make_request(Status.COMPLETED), expires_at=timezone.now() - timedelta(hours=1))
    page = client.post(FILES, {"action": "extend_selected", "_selected_action": [str(row.id)]}, follow=True)
    assert "1 had already expired" in page.content.decode()
    assert Artifact.objects.get().expires_at == row.expires_at
