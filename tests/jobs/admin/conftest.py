import pytest
from django.test import Client

from tests.jobs.admin.pages import sign_in_staff


@pytest.fixture
def viewer(client: Client) -> Client:
    """Sign in somebody who may see requests and change nothing."""
    return sign_in_staff(client, "view_asyncrequest")
