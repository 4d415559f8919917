"""The jobs app: finds its handlers at start-up, so that checks tell of a broken one before a request does."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import register

from jobs import conf
from jobs.bulk.checks import check_entities
from jobs.contract.registry import check_handlers, discovered
from jobs.data.sources import check_sources


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Requests"
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Here and not in ``ready``: the models and the ``ready`` of any app may read them.
        conf.complete(settings)

    def ready(self) -> None:
        register(check_entities)
        register(check_handlers)
        register(check_sources)
        # An error is no exception here, or else no command could show the checks.
        discovered()
