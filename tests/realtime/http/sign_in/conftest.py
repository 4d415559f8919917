"""An account, and a client that signs in with it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

PASSWORD = "a long word of nobody"
ADMIN = "/admin/login/"
Post = Callable[..., Any]


@pytest.fixture
def alice_user(db: None) -> User:
    return User.objects.create_user("alice", password=PASSWORD, is_staff=True)


@pytest.fixture
def sign_in(client: Client) -> Post:
    """Return ``sign_in(password=PASSWORD, path="/api/token/", username="alice")``, which returns the response."""

    def post(password: str = PASSWORD, path: str = "/api/token/", username: str = "alice", **headers: str) -> Any:
        # A form, as the admin wants it and the endpoint takes it.
        form = urlencode({"username": username, "password": password})
        return client.post(path, form, content_type="application/x-www-form-urlencoded", headers=headers)

    return post


@pytest.fixture
def refresh(client: Client) -> Post:
    """Return ``refresh(tokens)``, which returns the response."""
    return lambda tokens: client.post(
        "/api/token/refresh/", {"refresh": tokens["refresh"]}, content_type="application/json"
    )
