"""The start of the tests of the admin's request pages: a signed-in reader, stored requests, their URLs."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from jobs.models import Artifact, AsyncRequest, Status

LIST = "/admin/jobs/asyncrequest/"


def sign_in_staff(client: Client, *permissions: str) -> Client:
    """Sign in as ``operator``, a member of the staff with these permissions and no others."""
    user = User.objects.create_user("operator", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def make_request(status: Status = Status.PENDING, **fields: Any) -> AsyncRequest:
    """Make a request of Alice's in the given status, with the times that go with it."""
    now = timezone.now()
    times: dict[str, Any] = {"created_at": now - timedelta(seconds=90)}
    if status not in (Status.PENDING, Status.CANCELLED):
        times["started_at"] = now - timedelta(seconds=80)
    if status in (Status.COMPLETED, Status.FAILED, Status.CANCELLED):
        times["finished_at"] = now - timedelta(seconds=10)
    defaults = {"tenant_id": "acme", "user_id": "alice", "action": "delay", "queue": "default", "status": status}
    return AsyncRequest.objects.create(**{**defaults, **times, **fields})


def found(client: Client, **parameters: str) -> set[str]:
    """Name the users of the requests that the list shows with these filters."""
    return {row.user_id for row in client.get(LIST, parameters).context["cl"].result_list}


def page_of(row: AsyncRequest) -> str:
    return f"{LIST}{row.id}/change/"


def make_artifact(row: AsyncRequest, **fields: Any) -> Artifact:
    defaults = {"filename": "report.pdf", "media_type": "application/pdf", "size_bytes": 2_097_152}
    expires_at = timezone.now() + timedelta(days=7)
    owner = {"request": row, "tenant_id": row.tenant_id, "user_id": row.user_id}
    names = {"sha256": "0" * 64, "storage_name": "artifacts/report.pdf"}
    return Artifact.objects.create(**{**owner, **names, **defaults, "expires_at": expires_at, **fields})
