"""The jobs app: finds its handlers at start-up, so that a broken one stops the process and not a request."""

from django.apps import AppConfig
from django.core.checks import register

from jobs.bulk.checks import check_entities
from jobs.contract.registry import all_handlers


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Requests"

    def ready(self) -> None:
        register(check_entities)
        all_handlers()
