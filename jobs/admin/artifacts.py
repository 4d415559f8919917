"""The list of files that requests made."""

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin.acting.verb_actions import MAX_SELECTED
from jobs.admin.filters import CreatedFilter, DayFilter, TenantFilter
from jobs.admin.formatting import NOTHING, exact, owner_lines, shortened, when
from jobs.admin.listing.search import MIN_DIGITS, IndexedSearch
from jobs.admin.read_only import ReadOnlyAdmin
from jobs.files.artifacts import signed_url
from jobs.files.expiry import NoSuchArtifact, extend
from jobs.formatting import format_bytes, format_counted
from jobs.models import Artifact


def download(row: Artifact) -> SafeString:
    """Return the link to the file, or the text that says why there is none."""
    if row.expires_at <= timezone.now():
        return format_html('<span class="st-quiet">{}</span>', "expired")
    url = signed_url(row)
    if url is None:
        return format_html('<span class="st-quiet">{}</span>', "no download here")
    return format_html(
        '<a class="st-download" href="{}" download="{}" aria-label="Download {}">Download</a>',
        url,
        row.filename,
        row.filename,
    )


class ArtifactAdmin(IndexedSearch, ReadOnlyAdmin):
    list_display = ("filename", "size", "kind", "of_request", "owner", "made", "expiry", "file")
    list_filter = (CreatedFilter, DayFilter, TenantFilter)
    search_fields = ("id", "request", "user_id", "tenant_id", "filename", "sha256")
    search_help_text = (
        f"Find files by their id or that of their request, or its first {MIN_DIGITS} digits; "
        "or by user, tenant, name or sha256"
    )
    sortable_by = ("made", "expiry")
    actions = ("extend_selected",)
    fields = (
        "filename",
        "file",
        "size",
        "media_type",
        "sha256",
        "of_request",
        "user_id",
        "tenant_id",
        "storage_name",
        "made",
        "expiry",
        "noticed",
    )
    readonly_fields = fields

    def has_extend_permission(self, request: HttpRequest) -> bool:
        """Allow staff with the permission to extend files. Nobody may edit a row by hand."""
        return bool(request.user.has_perm("jobs.change_artifact"))

    @admin.action(description="Keep the selected files for longer", permissions=["extend"])
    def extend_selected(self, request: HttpRequest, queryset: QuerySet[Artifact]) -> None:
        """Keep the selected files as long from now as a new file is kept, but not beyond the longest life of a file."""
        kept = gone = 0
        for row in queryset[:MAX_SELECTED]:
            try:
                extended = extend(row.id, settings.STREAMER_ARTIFACT_DAYS)
            except NoSuchArtifact:
                gone += 1
            else:
                kept += 1
                self.log_change(request, row, f"Kept until {exact(extended.artifact.expires_at)}")
        days = format_counted(settings.STREAMER_ARTIFACT_DAYS, "day")
        text = f"{kept} kept for {days} from now, or for as long as a file may be kept"
        if gone:
            text += f"; {gone} had already expired"
        self.message_user(request, f"{text}.", messages.WARNING if gone else messages.SUCCESS)

    @admin.display(description="size")
    def size(self, row: Artifact) -> str:
        return format_bytes(row.size_bytes)

    @admin.display(description="media type")
    def kind(self, row: Artifact) -> SafeString:
        return shortened(row.media_type, 30)

    @admin.display(description="user")
    def owner(self, row: Artifact) -> SafeString:
        return owner_lines(row.user_id, row.tenant_id)

    @admin.display(description="request")
    def of_request(self, row: Artifact) -> SafeString | str:
        if row.request_id is None:
            return NOTHING
        url = reverse("admin:jobs_asyncrequest_change", args=[row.request_id])
        return format_html('<a class="st-id" href="{}" title="{}">{}</a>', url, row.request_id, str(row.request_id)[:8])

    @admin.display(description="created", ordering="created_at")
    def made(self, row: Artifact) -> SafeString | str:
        return when(row.created_at)

    @admin.display(description="expires", ordering="expires_at")
    def expiry(self, row: Artifact) -> SafeString | str:
        return when(row.expires_at)

    @admin.display(description="owner told that it expires")
    def noticed(self, row: Artifact) -> SafeString | str:
        return when(row.noticed_at)

    @admin.display(description="file")
    def file(self, row: Artifact) -> SafeString:
        return download(row)
