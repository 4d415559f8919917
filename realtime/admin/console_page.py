"""The link from a request's page in the admin to the same request in the console."""

from django.http import HttpRequest
from django.urls import NoReverseMatch

from jobs.models import AsyncRequest
from realtime.http.console import console_url
from realtime.models import Membership
from realtime.permissions import TENANT_READ, grants


def console_page_url(request: HttpRequest, row: AsyncRequest) -> str | None:
    """Return the URL; None where the tokens that the reader gets do not show the request, or there is no console."""
    membership = Membership.objects.filter(user_id=str(request.user.pk), tenant_id=row.tenant_id).first()
    # Shares are shown to no client.
    if membership is None or row.parent_id is not None:
        return None
    if row.user_id != request.user.get_username() and not grants(membership.permissions, TENANT_READ):
        return None
    try:
        return console_url(row.id)
    except NoReverseMatch:
        return None
