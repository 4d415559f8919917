"""The tables count what goes on, by queue, action, tenant, code and worker, and lead to what they count."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from jobs.admin.overview.snapshot import forget, snapshot
from jobs.admin.overview.tables import MAX_LINES, Line, Table, tables
from jobs.models import LimitKind, PausedAction, Status
from jobs.queue.control.changes import set_limit
from jobs.queue.pauses import pause_queue
from jobs.queue.presence import MEMORY_FIELD
from jobs.queue.wakeups import connection
from tests.jobs.admin.pages import make_request
from tests.jobs.queue.workers import register

pytestmark = pytest.mark.django_db
_LINK = re.compile(r'<a href="([^"]+)">([^<]*)</a>')


def table(title: str) -> Table:
    (found,) = [one for one in tables(snapshot()) if one.title == title]
    return found


def words(line: Line) -> list[str]:
    return [_LINK.sub(r"\2", str(cell)) for cell in line.cells]


def lines(title: str) -> dict[str, list[str]]:
    return {line.name: words(line) for line in table(title).lines}


def test_it_works() -> None:
    now = timezone.now()
    bulk = make_request(queue="bulk", action="bulk_operation", available_at=now - timedelta(seconds=65))
    make_request(queue="bulk", action="bulk_share", parent=bulk)
    make_request(available_at=now - timedelta(hours=2))
    make_request(Status.PROCESSING, tenant_id="other", worker="host/1", attempt_started_at=now)
    make_request(Status.FAILED, error={"code": "TIMEOUT", "message": ""})
    make_request(Status.FAILED, error={"code": "TIMEOUT", "message": ""}, finished_at=now - timedelta(hours=2))
    for seconds in (1, 2, 3, 4, 10):
        make_request(Status.COMPLETED, started_at=now - timedelta(seconds=seconds), finished_at=now)
    connection().hset(register("host/2", ["ml"]).key, MEMORY_FIELD, 300_000_000)
    assert lines("Queues")["bulk"][0] == "1" and lines("Queues")["bulk"][1].startswith("1 min 5")
    assert lines("Queues")["default"] == ["1", "2 h", "1", "0", "–"] and lines("Queues")["ml"][3] == "1"
    actions = lines("Actions")
    assert actions["bulk_operation"] == ["1", "0", "0", "0", "–", "–"]
    assert actions["delay"][:4] == ["1", "1", "5", "1"] and actions["delay"][5].endswith(" s")
    assert lines("Tenants") == {"acme": ["2", "0"], "other": ["0", "1"]}
    assert lines("Failures in the last hour") == {"TIMEOUT": ["1"]}
    workers = lines("Workers")
    assert workers["host/1"][0] == "delay" and workers["host/1"][4] == "shows no sign of life"
    assert workers["host/2"][:2] == ["nothing", "–"] and workers["host/2"][3:] == ["300 MB", "ml"]
    assert "ago" in workers["host/2"][2]


def test_a_paused_queue_and_its_limit_are_seen() -> None:
    pause_queue("ml")
    set_limit(LimitKind.QUEUE, "default", 4)
    make_request(queue="ml")
    queues = lines("Queues")
    assert queues["ml"][:2] == ["1", "–"] and "Paused" in queues["ml"][4]
    assert queues["default"][2] == "0 of 4"


def test_what_may_not_run_has_no_age() -> None:
    PausedAction.objects.create(action="delay")
    make_request()
    make_request(queue="ml", action="echo_async", available_at=timezone.now() + timedelta(minutes=1))
    assert lines("Queues")["default"][:2] == ["1", "–"] == lines("Queues")["ml"][:2]


def test_each_count_leads_to_the_list_of_what_it_counts(admin_client: Client) -> None:
    for status in (Status.PENDING, Status.RETRYING, Status.PROCESSING):
        make_request(status)
    make_request(tenant_id="other", action="echo_async", queue="ml")
    make_request(Status.FAILED, error={"code": "TIMEOUT", "message": ""}, finished_at=timezone.now())
    followed = 0
    for one in tables(snapshot()):
        for line in one.lines:
            for url, count in _LINK.findall("".join(map(str, line.cells))):
                if count.isdigit():
                    listed = admin_client.get(url.replace("&amp;", "&")).context["cl"].result_count
                    assert listed == int(count), (one.title, line.name, url)
                    followed += 1
    assert followed >= 8


def test_of_many_tenants_the_busiest_are_shown() -> None:
    for number in range(MAX_LINES + 2):
        make_request(tenant_id=f"tenant-{number}")
    make_request(tenant_id="tenant-11")
    found = table("Tenants")
    assert len(found.lines) == MAX_LINES and found.lines[0].name == "tenant-11" and found.note == "And 2 more."


def test_counts_are_kept_for_a_moment() -> None:
    make_request()
    assert lines("Tenants") == {"acme": ["1", "0"]}
    make_request()
    assert lines("Tenants") == {"acme": ["1", "0"]}
    forget()
    assert lines("Tenants") == {"acme": ["2", "0"]}
