"""Where HTTP goes. The one WebSocket endpoint is in ``asgi.py``."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("realtime.urls")),
]
