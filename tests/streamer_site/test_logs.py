import json
import logging

import pytest
import structlog
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from streamer_site.logs import logging_config


def test_a_signed_url_does_not_get_into_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        logging_config(level="INFO", as_json=True)
        request = RequestFactory().get("/api/artifacts/x/?signature=of-alice")
        logging.getLogger("django.request").error("Refused: %s", request.path, extra={"request": request, "code": 5})
    finally:
        root.handlers, root.level = before, level
        structlog.reset_defaults()
    text = capsys.readouterr().err
    assert "Refused: /api/artifacts/x/" in text and '"code"' in text and "of-alice" not in text


@pytest.mark.django_db
def test_what_is_refused_takes_one_line(capsys: pytest.CaptureFixture[str], client: Client) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    client.force_login(User.objects.create_user("operator", is_staff=True))
    try:
        logging_config(level="INFO", as_json=True)
        assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400
        assert client.get("/admin/jobs/asyncrequest/add/").status_code == 403
    finally:
        root.handlers, root.level = before, level
        structlog.reset_defaults()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["logger"] for line in lines] == ["django.security.DisallowedHost", "django.request"]
    assert not [line for line in lines if "exception" in line]
