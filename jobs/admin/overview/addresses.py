"""The addresses of the lists and pages that the overview leads to."""

from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse


def requests_url(**filters: str) -> str:
    """Return the list of requests with these filters."""
    return f"{reverse('admin:jobs_asyncrequest_changelist')}?{urlencode(filters)}"


def request_url(request_id: UUID) -> str:
    return reverse("admin:jobs_asyncrequest_change", args=[request_id])


def list_url(model: str) -> str:
    """Return the list of a model of jobs."""
    return reverse(f"admin:jobs_{model}_changelist")


def add_url(model: str, **values: str) -> str:
    """Return the form for a new row of a model of jobs, with these values filled in."""
    return f"{reverse(f'admin:jobs_{model}_add')}?{urlencode(values)}"
