"""The jobs app: finds its handlers at start-up, so that checks tell of a broken one before a request does."""

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import register

from jobs import conf
from jobs.bulk.checks import check_entities
from jobs.conf.checks import TAG, check_declared
from jobs.contract import reloading
from jobs.contract.registry import CHECKS_TAG, check_forms, check_handlers, discovered
from jobs.data.sources import check_sources
from jobs.operations.roles import OF_JOBS, OF_RQ, keep_roles
from jobs.tracing.tracer import start_tracing


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Requests"
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Here and not in ``ready``: the models and the ``ready`` of any app may read them.
        conf.complete(settings)

    def ready(self) -> None:
        for check in (check_declared, check_entities, check_sources):
            register(check, TAG)
        register(check_handlers, TAG, CHECKS_TAG)
        register(check_forms)
        keep_roles(self, OF_JOBS)
        if apps.is_installed("django_rq"):
            keep_roles(apps.get_app_config("django_rq"), OF_RQ)
        reloading.start()
        start_tracing()
        # An error is no exception here, or else no command could show the checks.
        discovered()
