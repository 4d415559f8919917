"""The settings for a site that is served over HTTPS alone."""

import pytest
from django.test import Client
from pytest_django import Settings

YEAR = 31_536_000


@pytest.fixture(autouse=True)
def over_https(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = YEAR


@pytest.mark.parametrize("path", ["/", "/admin/login/", "/api/actions/"])
def test_plain_http_is_sent_to_https(path: str) -> None:
    answer = Client().get(path)
    assert (answer.status_code, answer["Location"]) == (301, f"https://testserver{path}")


@pytest.mark.django_db
def test_probes_of_the_own_network_are_answered() -> None:
    assert Client().get("/healthz").status_code == 200
    assert Client().get("/readyz").status_code in (200, 503)
    assert Client().get("/metrics").status_code == 404, "there is no token for it, but it is no redirect"


def test_browsers_are_told_to_use_nothing_else() -> None:
    answer = Client().get("/", secure=True)
    assert answer.status_code == 200 and answer["Strict-Transport-Security"] == f"max-age={YEAR}"
    assert "Strict-Transport-Security" not in Client().get("/healthz")


def test_the_proxy_tells_what_the_browser_used(settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert Client().get("/", headers={"X-Forwarded-Proto": "https"}).status_code == 200
    assert Client().get("/", headers={"X-Forwarded-Proto": "http"}).status_code == 301
