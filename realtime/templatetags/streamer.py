"""``{% streamer_progress request %}``: the progress of one request on any page, kept up to date by itself."""

import time

from django.template import Library
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.models import AsyncRequest
from realtime.auth import Identity
from realtime.scoped_tokens import DEFAULT_SECONDS, issue_scoped_token

register = Library()


@register.simple_tag
def streamer_progress(request: AsyncRequest, label: str = "", seconds: float = DEFAULT_SECONDS) -> SafeString:
    """Render the element and its script. It has a token that shows this request alone, for ``seconds``.

    ``label`` names it for screen readers. By default that is the name of the request.
    Whoever gets the page can see the request, so render it only for those who may.
    """
    return format_html(
        '<script type="module" src="{}"></script>'
        '<streamer-progress request-id="{}" token="{}" src="{}" label="{}"></streamer-progress>',
        static("streamer/client/element.js"),
        request.id,
        issue_scoped_token(_owner(request, seconds), request.id, seconds),
        reverse("console"),
        label or request.name,
    )


def _owner(request: AsyncRequest, seconds: float) -> Identity:
    now = time.time()
    return Identity(
        user_id=request.user_id,
        tenant_id=request.tenant_id,
        permissions=frozenset(),
        expires_at=now + seconds,
        issued_at=now,
    )
