"""The base of pages whose rows are no rows of a table: one page with all of them, and forms that each do one thing."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from jobs.admin.read_only import ReadOnlyAdmin
from jobs.jsonable import is_storable


class LivePageAdmin(ReadOnlyAdmin):
    """Shows ``page_template`` in place of a list. A POST goes to ``obey``, and back to the page."""

    page_template: ClassVar[str]
    page_title: ClassVar[str]

    def rows(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the template shows."""
        raise NotImplementedError

    def obey(self, request: HttpRequest) -> None:
        """Do what a form wants. Raises ``PermissionDenied``."""
        raise NotImplementedError

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            if not all(is_storable(value) for _, values in request.POST.lists() for value in values):
                raise BadRequest("A text with a character that cannot be stored")
            self.obey(request)
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "title": self.page_title,
            "opts": self.opts,
            "media": self.media,
            **self.rows(request),
        }
        return TemplateResponse(request, self.page_template, context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model:
        """Make the row of a name, so that its history has a page. The table may not have it."""
        return self.model(pk=object_id)  # type: ignore[no-any-return]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect("../../")

    def note(self, request: HttpRequest, name: str, act: str, flag: int = CHANGE) -> None:
        """Keep in the admin's log what the operator did."""
        user: Any = request.user
        LogEntry.objects.log_actions(user.pk, [self.model(pk=name)], flag, change_message=act, single_object=True)

    def with_history(self, names: Collection[str]) -> set[str]:
        """Return those of the names that the admin's log has an act on."""
        kind = ContentType.objects.get_for_model(self.model, for_concrete_model=False)
        entries = LogEntry.objects.filter(content_type=kind, object_id__in=names)
        return {str(name) for name in entries.order_by().values_list("object_id", flat=True).distinct()}

    @staticmethod
    def ask(request: HttpRequest, permission: str) -> None:
        user: Any = request.user
        if not user.has_perm(permission):
            raise PermissionDenied
