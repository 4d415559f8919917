"""The HTTP routes. The one WebSocket endpoint is in ``asgi.py``."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("realtime.http.urls")),
]
handler400 = "realtime.http.errors.bad_request"
handler404 = "realtime.http.errors.page_not_found"
handler500 = "realtime.http.errors.server_error"
