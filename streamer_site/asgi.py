"""The ASGI application: HTTP to Django, WebSockets on ``/ws/`` to the consumer."""

import gc
import os
import re
import sys

from django.core.asgi import get_asgi_application

from streamer_site.starting.loading import refuse_faults, set_up

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streamer_site.settings")
# Before the imports below, which need the apps to be loaded.
set_up()
refuse_faults(of_django=True)
_http = get_asgi_application()

from jobs.contract import reloading  # noqa: E402
from realtime.http.receiving.application import BoundedBodies  # noqa: E402
from realtime.http.receiving.body import App, Receive, Scope, Send  # noqa: E402
from realtime.http.receiving.request import Request  # noqa: E402
from realtime.http.uploads.view import PATHS  # noqa: E402
from realtime.shared import drain  # noqa: E402
from realtime.socket.consumer import StreamerConsumer, refuse  # noqa: E402
from streamer_site.forwarded import with_proxy_headers  # noqa: E402
from streamer_site.servers.freed_memory import give_back  # noqa: E402

_http.request_class = Request
reloading.watch(tell=True)
give_back()

_SOCKET_PATH = re.compile(r"/*ws/?")

_web: App = BoundedBodies(_http, PATHS)
if "daphne.server" in sys.modules:  # Daphne is the server
    from streamer_site.servers.daphne import corrections as corrections_of_daphne
    from streamer_site.servers.daphne.bodies import StreamedBodies

    corrections_of_daphne.install()
    _web = StreamedBodies(_web)
if "uvicorn" in sys.modules:
    from streamer_site.servers.uvicorn import corrections as corrections_of_uvicorn

    corrections_of_uvicorn.install()

# What is loaded by now stays. Without this, each message of many parts has the collector look through all of it.
gc.collect()
gc.freeze()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        with drain().answering():
            await _web(with_proxy_headers(scope), receive, send)
    elif scope["type"] == "websocket":
        scope = with_proxy_headers(scope)
        path = scope["path"].removeprefix(scope["root_path"])
        await (StreamerConsumer() if _SOCKET_PATH.fullmatch(path) else refuse)(scope, receive, send)
    else:
        raise ValueError(f"There is no application for '{scope['type']}'")
