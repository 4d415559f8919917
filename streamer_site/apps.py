"""The site itself as an app, for its management commands and system checks."""

from django.apps import AppConfig

from streamer_site import checks


class StreamerSiteConfig(AppConfig):
    name = "streamer_site"
    verbose_name = "Streamer"

    def ready(self) -> None:
        assert checks.check_settings  # importing it registers it
