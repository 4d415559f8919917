"""A page of one row whose changing part the browser fetches again and again."""

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Base = ModelAdmin[Any]
else:
    _Base = object


class LiveRow(_Base):
    """Gives the page of a row, and the template of its changing part, ``page``: what ``page_of`` returns."""

    live_template: ClassVar[str]

    def page_of(self, request: HttpRequest, row: Any) -> Any:
        raise NotImplementedError

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().change_view(request, object_id, form_url, extra_context)
        # Filled in here, because Django has checked the permissions and found the row by now.
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data["page"] = self.page_of(request, response.context_data["original"])
        return response

    def live_view(self, request: HttpRequest, row_id: UUID) -> HttpResponse:
        """Render the changing part of the page, which the page fetches again until the row changes no more."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(row_id))
        if row is None:
            raise Http404
        response = TemplateResponse(request, self.live_template, {"page": self.page_of(request, row)})
        response["Cache-Control"] = "no-store"
        return response
