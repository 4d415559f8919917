"""The jobs app: finds its handlers at start-up, so that a broken one stops the process and not a request."""

from django.apps import AppConfig

from jobs.handler.registry import all_handlers


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Requests"

    def ready(self) -> None:
        all_handlers()
