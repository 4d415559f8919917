from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from jobs.models import Dataset
from tests.jobs.admin.pages import sign_in_staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
LIST = "/admin/jobs/dataset/"
HOSTILE = "<img src=x onerror=alert(1)>"


def make(**changed: Any) -> Dataset:
    fields = {
        "tenant_id": "acme",
        "user_id": "alice",
        "name": "sales",
        "filename": HOSTILE,
        "format": "csv",
        "uploaded_bytes": 10,
        "size_bytes": 4,
        "sha256": "0" * 64,
        "columns": [{"name": HOSTILE, "type": "BIGINT", "nulls": 1}],
        "rows": 12_345,
        "notes": [HOSTILE],
        "storage_name": default_storage.save("datasets/a.parquet", ContentFile(b"PAR1")),
    }
    return Dataset.objects.create(**{**fields, **changed})


def test_it_works(client: Client) -> None:
    row = make()
    viewer = sign_in_staff(client, "view_dataset")
    assert "12,345" in viewer.get(LIST).content.decode()
    page = viewer.get(f"{LIST}{row.id}/change/").content.decode()
    assert "bigint" in page and "1 empty" in page and HOSTILE not in page


def test_only_who_may_delete_deletes_and_the_file_goes_too(client: Client, own_storage: Path) -> None:
    rows = [make(), make(name="other")]
    chosen = {"action": "delete_selected_datasets", "_selected_action": [str(rows[0].id)]}
    viewer = sign_in_staff(client, "view_dataset")
    viewer.post(LIST, chosen)
    assert viewer.post(f"{LIST}{rows[0].id}/delete/", {"post": "yes"}).status_code == 403
    assert Dataset.objects.count() == 2


def test_a_superuser_deletes_and_does_not_edit(admin_client: Client, own_storage: Path) -> None:
    rows = [make(), make(name="other")]
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{rows[0].id}/change/", {"name": "x"}).status_code == 403
    chosen = {"action": "delete_selected_datasets", "_selected_action": [str(rows[0].id)]}
    assert "Deleted: sales." in admin_client.post(LIST, chosen, follow=True).content.decode()
    admin_client.post(f"{LIST}{rows[1].id}/delete/", {"post": "yes"})
    assert not Dataset.objects.exists() and not [path for path in own_storage.rglob("*") if path.is_file()]
