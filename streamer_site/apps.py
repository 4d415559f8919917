"""The site itself as an app, for its management commands and system checks."""

from django.apps import AppConfig
from django.conf import settings

from streamer_site import checks
from streamer_site.diagnostics.error_reports import start_reporting


class StreamerSiteConfig(AppConfig):
    name = "streamer_site"
    verbose_name = "Streamer"

    def ready(self) -> None:
        assert checks.check_settings  # importing it registers it
        start_reporting(settings.SENTRY_DSN, shows_payloads=settings.STREAMER_LOG_PAYLOADS)
