"""The site of the admin: it judges the ids of an action, which Django hands to the database as they come."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]


class StreamerAdminConfig(AdminConfig):
    default_site = "streamer_site.admin_site.StreamerAdminSite"


class StreamerAdminSite(AdminSite):
    def admin_view(self, view: View, cacheable: bool = False) -> View:  # type: ignore[override]  # the stubs have a narrower name
        """Answer 400 to an action on rows whose ids cannot be ids of the page's model."""
        owner = getattr(view, "__self__", None)
        if isinstance(owner, ModelAdmin):
            view = _judged(view, owner.model)
        return super().admin_view(view, cacheable)


def _judged(view: View, model: type[Model]) -> View:
    @wraps(view)
    def judged(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST":
            for row in request.POST.getlist(ACTION_CHECKBOX_NAME):
                _judge(row, model)
        return view(request, *args, **kwargs)

    return judged


def _judge(row: str, model: type[Model]) -> None:
    key = model._meta.pk
    try:
        key.run_validators(key.to_python(row))
    except ValidationError:
        raise BadRequest("No such row") from None
    if "\0" in row:
        raise BadRequest("No such row")
