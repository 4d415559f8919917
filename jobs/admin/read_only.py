"""The base of pages that nobody may edit by hand: the view permission shows rows, the service alone changes them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import BadRequest, ValidationError
from django.forms import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst

from jobs.admin.listing.pages import CappedPaginator, PlainChangeList


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """A list and pages to look at. Admin actions ask for permissions of their own."""

    paginator = CappedPaginator
    list_per_page = 50
    list_max_show_all = 200
    # Without it, every filtered page would count the whole table too.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css: ClassVar = {"all": ["jobs/admin/pieces.css"]}
        js = (Script("jobs/admin/times.js", type="module"),)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PlainChangeList]:
        return PlainChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        try:
            return super().changelist_view(request, {"title": title, **(extra_context or {})})
        except ValidationError:
            raise BadRequest("A selection of rows that no page has offered") from None

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show what operators did with the row; where that is nothing, lead to its page."""
        page = super().history_view(request, object_id, extra_context)  # checks the permission too
        if (
            isinstance(page, TemplateResponse)
            and page.context_data
            and not page.context_data["action_list"].paginator.count
        ):
            return HttpResponseRedirect(
                reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id])
            )
        return page

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
