"""The ids of an action of the admin, as a forged form may send them."""

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db
_MODELS = [
    model for model, page in admin.site._registry.items() if isinstance(page, ModelAdmin) and model._meta.managed
]


@pytest.mark.parametrize("row", ["x", "9" * 400, "9" * 5000, "\0", "-1.5", "\u202ex"])
@pytest.mark.parametrize("model", _MODELS, ids=lambda model: model._meta.label)
def test_no_action_fails_by_an_id_that_is_none(admin_client: Client, model: type, row: str) -> None:
    options = model._meta  # type: ignore[attr-defined]
    page = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")

    for action in ("delete_selected", "nothing"):
        answer = admin_client.post(page, {"action": action, ACTION_CHECKBOX_NAME: row, "index": "0"})
        assert answer.status_code in {200, 302, 400, 403, 405}


def test_the_rows_that_are_there_are_acted_on(admin_client: Client) -> None:
    group = Group.objects.create(name="one to go")

    data = {"action": "delete_selected", ACTION_CHECKBOX_NAME: str(group.pk), "index": "0", "post": "yes"}
    answer = admin_client.post(reverse("admin:auth_group_changelist"), data)

    assert answer.status_code == 302
    assert not Group.objects.filter(pk=group.pk).exists()
