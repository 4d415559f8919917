"""The realtime app: sockets, tokens, connections."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import register

from jobs.conf.checks import TAG
from jobs.operations.roles import keep_roles
from realtime.http.sign_in import log
from realtime.roles import OF_REALTIME


class RealtimeConfig(AppConfig):
    name = "realtime"
    verbose_name = "Connections"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # The user model is known only here. A token names its user by the name that the user signs in with.
        settings.SIMPLE_JWT.setdefault("USER_ID_FIELD", get_user_model().USERNAME_FIELD)
        # Models can be imported only now.
        from jobs.contract.registry import CHECKS_TAG  # noqa: PLC0415
        from jobs.files.artifacts import register_cutoff  # noqa: PLC0415
        from jobs.metrics.exposition import SOURCES  # noqa: PLC0415
        from realtime import sessions  # noqa: PLC0415
        from realtime.connections.counting import connection_families  # noqa: PLC0415
        from realtime.revocations import accounts  # noqa: PLC0415
        from realtime.revocations.table import TABLE  # noqa: PLC0415
        from realtime.topics.rules import check_topics  # noqa: PLC0415

        keep_roles(self, OF_REALTIME)
        register(check_topics, TAG, CHECKS_TAG)
        log.connect()
        accounts.connect()
        sessions.connect()
        SOURCES.append(connection_families)
        register_cutoff(TABLE.cutoff_of_owner)
