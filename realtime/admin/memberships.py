"""Memberships, which give users a tenant and permissions: on a page of their own, and on the page of the user."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from jobs.admin.formatting import NOTHING
from realtime.admin.permission_names import PermissionNamesField, permission_help
from realtime.models import Membership

_USERNAME = get_user_model().USERNAME_FIELD


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    permissions = PermissionNamesField(required=False)

    class Media:
        css: ClassVar = {"all": ["jobs/admin/pieces.css"]}

    class Meta:
        model = Membership
        fields = ("user", "tenant_id", "permissions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Absent when the reader may only look.
        if "permissions" in self.fields:
            self.fields["permissions"].help_text = permission_help()


class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = MembershipForm
    list_display = ("user", "tenant_id", "names")
    list_select_related = ("user",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = (f"user__{_USERNAME}", "tenant_id")
    ordering = (f"user__{_USERNAME}",)
    raw_id_fields = ("user",)

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Search for the user by name where the admin has a page of users that can be searched."""
        model = get_user_model()
        searchable = self.admin_site.is_registered(model) and self.admin_site.get_model_admin(model).search_fields
        return ("user",) if searchable else ()

    @admin.display(description="permissions")
    def names(self, row: Membership) -> str:
        return ", ".join(map(str, row.permissions)) or "none"


class MembershipInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Membership
    form = MembershipForm
    verbose_name = "tenant and permissions of the tokens issued here"


class MemberAdmin(UserAdmin):  # type: ignore[type-arg]
    """Django's page of a user, with the user's membership. For Django's own user model."""

    inlines = (MembershipInline,)
    list_display = ("username", "email", "tenant", "is_staff", "is_active")
    list_select_related = ("membership",)
    search_fields = (*UserAdmin.search_fields, "membership__tenant_id")

    @admin.display(description="tenant", ordering="membership__tenant_id")
    def tenant(self, user: Any) -> str:
        membership = getattr(user, "membership", None)
        return membership.tenant_id if membership else NOTHING
