"""The list of datasets: to look at and to delete, never to edit."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs.admin.filters import CreatedFilter, DayFilter, TenantFilter
from jobs.admin.formatting import NOTHING, owner_lines, when
from jobs.admin.read_only import ReadOnlyAdmin
from jobs.data.datasets.store import delete_dataset
from jobs.formatting import format_bytes, format_count
from jobs.models import Dataset


class DatasetAdmin(ReadOnlyAdmin):
    list_display = ("name", "of_rows", "width", "size", "format", "owner", "made", "expiry")
    list_filter = (CreatedFilter, DayFilter, TenantFilter)
    search_fields = ("name", "filename", "user_id", "tenant_id", "id", "=sha256")
    actions = ("delete_selected_datasets",)
    fields = (
        "name",
        "filename",
        "format",
        "of_rows",
        "table_columns",
        "remarks",
        "size",
        "uploaded",
        "sha256",
        "user_id",
        "tenant_id",
        "storage_name",
        "made",
        "expiry",
    )
    readonly_fields = fields

    def has_delete_permission(self, request: HttpRequest, obj: Dataset | None = None) -> bool:
        return request.user.has_perm("jobs.delete_dataset")

    def delete_model(self, request: HttpRequest, obj: Dataset) -> None:
        delete_dataset(obj.tenant_id, str(obj.id))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dataset]:
        rows: QuerySet[Dataset] = super().get_queryset(request).defer("sample")
        return rows

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Django's own action would delete rows in SQL and leave their files.
        return {name: verb for name, verb in super().get_actions(request).items() if name != "delete_selected"}

    @admin.action(description="Delete the selected datasets and their files", permissions=["delete"])
    def delete_selected_datasets(self, request: HttpRequest, queryset: QuerySet[Dataset]) -> None:
        rows = list(queryset)
        self.log_deletions(request, queryset)
        for row in rows:
            self.delete_model(request, row)
        self.message_user(request, f"Deleted: {', '.join(row.name for row in rows)}.")

    @admin.display(description="rows", ordering="rows")
    def of_rows(self, row: Dataset) -> str:
        return format_count(row.rows)

    @admin.display(description="columns")
    def width(self, row: Dataset) -> str:
        return format_count(len(row.columns))

    @admin.display(description="stored", ordering="size_bytes")
    def size(self, row: Dataset) -> str:
        return format_bytes(row.size_bytes)

    @admin.display(description="uploaded")
    def uploaded(self, row: Dataset) -> str:
        return format_bytes(row.uploaded_bytes)

    @admin.display(description="user")
    def owner(self, row: Dataset) -> SafeString:
        return owner_lines(row.user_id, row.tenant_id)

    @admin.display(description="created", ordering="created_at")
    def made(self, row: Dataset) -> SafeString | str:
        return when(row.created_at)

    @admin.display(description="expires", ordering="expires_at")
    def expiry(self, row: Dataset) -> SafeString | str:
        return when(row.expires_at) if row.expires_at else "never"

    @admin.display(description="columns")
    def table_columns(self, row: Dataset) -> SafeString:
        lines = ((one["name"], str(one["type"]).lower(), format_count(one.get("nulls", 0))) for one in row.columns)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} <code>{}</code> {} empty</li>", lines))

    @admin.display(description="notes")
    def remarks(self, row: Dataset) -> SafeString | str:
        return format_html_join("", "<p>{}</p>", ((note,) for note in row.notes)) if row.notes else NOTHING
