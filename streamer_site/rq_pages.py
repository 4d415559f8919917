"""RQ's own pages in the admin, for administrators alone: they stop workers and delete jobs, rings among them.

As they come with django-rq they let all staff do so, and whoever has an API token read figures.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, reverse
from django_rq.admin import QueueAdmin

PERMISSION = "django_rq.admin"
_OF_A_ROW = frozenset(f"django_rq_dashboard_{page}" for page in ("add", "history", "delete", "change"))
View = Callable[..., HttpResponseBase]


class RestrictedQueueAdmin(QueueAdmin):
    """The pages of django-rq, each behind the permission."""

    def get_urls(self) -> list[URLPattern]:
        all_pages: list[URLPattern] = super().get_urls()  # type: ignore[no-untyped-call]
        pages = [one for one in all_pages if one.name is not None]
        # Django's pages of a row are left out: the model has no table.
        return [_restricted(one) for one in pages if one.name not in _OF_A_ROW]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(PERMISSION))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


def _restricted(page: URLPattern) -> URLPattern:
    return URLPattern(page.pattern, restrict(page.callback), page.default_args, page.name)


def restrict(view: View) -> View:
    """Have ``view`` answer 403 to the signed-in staff without the permission. It asks others to sign in."""

    @wraps(view)
    def restricted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if not (user.is_active and user.is_staff):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        if not user.has_perm(PERMISSION):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return restricted
