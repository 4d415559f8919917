"""The ASGI application: HTTP to Django, WebSockets on ``/ws/`` to the consumer."""

import os
import sys

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streamer_site.settings")
# Before the imports below, which need the apps to be loaded.
_http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import re_path  # noqa: E402

from realtime.http.uploads.application import App, Receive, Scope, Send, Uploads  # noqa: E402
from realtime.socket.consumer import StreamerConsumer, refuse  # noqa: E402
from streamer_site.checks import require_sound_settings  # noqa: E402

require_sound_settings()

_web: App = Uploads(_http)
if "daphne.server" in sys.modules:  # Daphne is the server
    from streamer_site import daphne_bodies, daphne_sockets

    daphne_bodies.install()
    daphne_sockets.install()
    _web = daphne_bodies.StoredBodies(_web)

# Django's types do not include applications behind a path.
_sockets = [re_path(r"^ws/?$", StreamerConsumer.as_asgi()), re_path(r"", refuse)]  # type: ignore[arg-type]

_routes = ProtocolTypeRouter({"http": _web, "websocket": URLRouter(_sockets)})


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    # Daphne trusts a header with the path it is mounted below; with it, any client could misdirect redirects.
    if not settings.TRUST_PROXY and scope.get("root_path"):
        scope["root_path"] = ""
    await _routes(scope, receive, send)
