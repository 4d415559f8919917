"""RQ's own pages in the admin, for administrators alone: they stop workers and delete jobs, rings among them.

As they come with django-rq they let all staff do so, and whoever has an API token read figures.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django_rq.admin import QueueAdmin
from django_rq.queues import get_queue_by_index
from django_rq.views import each_context
from rq import Worker
from rq.exceptions import NoSuchJobError

from jobs.queue.wakeups import SERIALIZER
from streamer_site.rq_admin.policy import with_styles

PERMISSION = "django_rq.admin"
_OF_A_ROW = frozenset(f"django_rq_dashboard_{page}" for page in ("add", "history", "delete", "change"))
_OF_A_WORKER = "django_rq_worker_details"
_WORKERS = Worker.redis_worker_namespace_prefix
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
    if page.name == _OF_A_WORKER:
        # Our workers are called by host and number, with a slash between, for which RQ's own route has no place.
        route = str(page.pattern).replace("<str:key>", "<path:key>")
        return path(route, restrict(_worker), page.default_args, page.name)
    return URLPattern(page.pattern, restrict(page.callback), page.default_args, page.name)


@never_cache
def _worker(request: HttpRequest, *, queue_index: int, key: str) -> HttpResponseBase:
    """Show a worker by its key or its name. RQ's own view cannot read the ring of one that is busy."""
    request.current_app = admin.site.name  # by which the page's links are made
    queue = get_queue_by_index(queue_index)
    key = f"{_WORKERS}{key.removeprefix(_WORKERS)}"
    worker = Worker.find_by_key(key, connection=queue.connection, serializer=SERIALIZER)
    if worker is None:
        raise Http404("The worker has left")
    context = {
        **each_context(request),
        "queue": queue,
        "queue_index": queue_index,
        "worker": worker,
        "queue_names": ", ".join(worker.queue_names()),
        "job": worker.get_current_job(),
        "total_working_time": worker.total_working_time,
    }
    return render(request, "django_rq/worker_details.html", context)


def restrict(view: View) -> View:
    """Have ``view`` answer 403 to the signed-in staff without the permission. It asks others to sign in.

    Its pages get the content policy with which their own styles work.
    """

    @wraps(view)
    def restricted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if not (user.is_active and user.is_staff):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        if not user.has_perm(PERMISSION):
            raise PermissionDenied
        try:
            response = view(request, *args, **kwargs)
        except NoSuchJobError as error:  # most jobs are rings, which are gone within moments
            raise Http404(str(error)) from None
        if settings.CONTENT_SECURITY_POLICY:
            response.headers.setdefault("Content-Security-Policy", with_styles(settings.CONTENT_SECURITY_POLICY))
        return response

    return restricted
