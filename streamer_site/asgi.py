"""The ASGI application: HTTP to Django, WebSockets on ``/ws/`` to the consumer."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streamer_site.settings")
# Before the imports below: they need the apps to be loaded.
_http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

from realtime.consumers import StreamerConsumer  # noqa: E402
from realtime.uploads import Uploads  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": Uploads(_http),
        "websocket": URLRouter([re_path(r"^ws/?$", StreamerConsumer.as_asgi())]),
    }
)
