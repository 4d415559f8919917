"""The realtime app: sockets, tokens, connections."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth import get_user_model


class RealtimeConfig(AppConfig):
    name = "realtime"
    verbose_name = "Connections"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # The user model is known only here. A token names its user by the name that the user signs in with.
        settings.SIMPLE_JWT.setdefault("USER_ID_FIELD", get_user_model().USERNAME_FIELD)
