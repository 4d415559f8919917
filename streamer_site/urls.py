"""Where HTTP goes. The one WebSocket endpoint is in ``asgi.py``."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("realtime.urls")),
]
handler400 = "realtime.http_errors.bad_request"
handler404 = "realtime.http_errors.page_not_found"
handler500 = "realtime.http_errors.server_error"
