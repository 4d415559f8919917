"""The realtime app: sockets, tokens, connections."""

from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    name = "realtime"
    verbose_name = "Connections"
    default_auto_field = "django.db.models.BigAutoField"
