import json
import logging
from types import SimpleNamespace

import pytest
import structlog
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from jobs.repeats import REPEATS
from streamer_site.diagnostics import logs
from streamer_site.diagnostics.logs import logging_config


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


def test_a_line_that_repeats_is_written_once_a_minute_with_its_count(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(logs, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    written: list[str] = []
    repeats = logs.RepeatFilter(lambda record: written.append(record.getMessage()))

    def say(message: str, *values: object, may_repeat: bool = True) -> None:
        record = logging.makeLogRecord({"name": "jobs", "msg": message, "args": values})
        if may_repeat:
            record.__dict__.update(REPEATS)
        if repeats.filter(record):
            written.append(record.getMessage())

    for number in range(5):
        say("Redis is away: %s", number)
    say("Another %s", "line", may_repeat=False)
    assert written == ["Redis is away: 0", "Another line"]
    clock[0] += 61
    say("Another %s", "line", may_repeat=False)
    assert written[2:] == ["Redis is away: 4 (4 more like this in 60 s)", "Another line"]
    say("Redis is away: %s", 5)
    clock[0] += 61
    say("Redis is away: %s", 6)
    assert written[4:] == ["Redis is away: 5 (1 more like this in 60 s)"]
    clock[0] += 200
    say("Redis is away: %s", 7)
    say("Redis is away: %s", 8)
    assert written[5:] == ["Redis is away: 6 (1 more like this in 60 s)"]
