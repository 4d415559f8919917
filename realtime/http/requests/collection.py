"""``/api/requests/``: list requests, or ask for one."""

from django.http import HttpRequest, HttpResponse

from realtime.auth import Identity
from realtime.http.authenticated import answering
from realtime.http.requests.listing import list_page
from realtime.http.requests.submit import submit


@answering("GET", "HEAD", "POST", counts=False)
async def request_collection(request: HttpRequest, identity: Identity) -> HttpResponse:
    return await (submit if request.method == "POST" else list_page)(request, identity)
