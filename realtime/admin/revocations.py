"""Revocations: the list, and a form that voids the tokens of a user, of a tenant, or one token."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.safestring import SafeString

from jobs.admin.formatting import NOTHING, when
from jobs.admin.read_only import ReadOnlyAdmin
from realtime.models import Revocation
from realtime.revocations.writing import revoke_tokens


def reason_of(request: HttpRequest) -> str:
    """Return the reason that is written into a row, with the name of the operator."""
    return f"admin: {request.user.get_username()}"[:64]


class RevocationForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    class Meta:
        model = Revocation
        fields: ClassVar = ["tenant_id", "user_id", "token_id"]
        help_texts: ClassVar = {
            "tenant_id": "The claim 'tenant_id'. Without a user: all users of the tenant.",
            "user_id": "The claim 'sub'. Without a tenant: the user in every tenant.",
            "token_id": "The claim 'jti' of a single token. Then leave user and tenant empty.",
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("tenant_id") or cleaned.get("user_id")) == bool(cleaned.get("token_id")):
            raise ValidationError("Name a user, a tenant or both; or else one token alone.")
        # What is in the list already is revoked again.
        self.instance = Revocation.objects.filter(**cleaned).first() or self.instance
        return cleaned


class RevocationAdmin(ReadOnlyAdmin):
    """Rows are made and deleted, and never edited. Without its row, a token is valid again within a minute."""

    form = RevocationForm
    list_display = ("who", "token", "since", "reason")
    search_fields = ("user_id", "tenant_id", "token_id")
    ordering = ("-issued_before",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def has_delete_permission(self, request: HttpRequest, obj: Revocation | None = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def save_model(self, request: HttpRequest, obj: Revocation, form: Any, change: bool) -> None:
        scope = {name: getattr(obj, name) for name in RevocationForm.Meta.fields}
        revoke_tokens(**scope, reason=reason_of(request))
        obj.pk = Revocation.objects.get(**scope).pk

    @admin.display(description="user, tenant")
    def who(self, row: Revocation) -> str:
        user, tenant = row.user_id or "every user", row.tenant_id or "every tenant"
        return NOTHING if row.token_id else f"{user} at {tenant}"

    @admin.display(description="token")
    def token(self, row: Revocation) -> str:
        return row.token_id or NOTHING

    @admin.display(description="issued before", ordering="issued_before")
    def since(self, row: Revocation) -> SafeString | str:
        return when(row.issued_before)
