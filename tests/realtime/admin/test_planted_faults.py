"""Six planted faults: each is on the first page of the admin, with what mends it, and in the metrics."""

import html
import re
from collections import namedtuple
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.test import Client
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.metrics import counters, disks
from jobs.metrics.counted import SWEPT
from jobs.metrics.exposition import exposition
from jobs.models import Status
from jobs.queue.wakeups import SWEEPER_HEARTBEATS, connection
from tests.jobs.admin.pages import make_request, page_of, sign_in_staff
from tests.jobs.queue.workers import register, silence

pytestmark = pytest.mark.django_db
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a sweeper and a worker, quick parts, and room on the disk."""
    connection().set(f"{SWEEPER_HEARTBEATS}here:1", 1, ex=60)
    register("host/1")
    monkeypatch.setattr("jobs.metrics.faults.parts.SLOW_SECONDS", 60.0)
    monkeypatch.setattr(disks.shutil, "disk_usage", lambda path: Usage(1000, 100, 900))


def verdict(client: Client) -> tuple[str, str]:
    """Return the headline, and the HTML of the faults."""
    page = client.get("/admin/").content.decode()
    headline = re.findall(r'id="verdict-headline"[^>]*>([^<]+)<', page)[0]
    return headline, page.partition('id="overview-faults"')[2].partition("</ul>")[0]


def metric(line: str) -> bool:
    return line in exposition().decode().splitlines()


def test_it_works(admin_client: Client) -> None:
    make_request()
    make_request(Status.PROCESSING, worker="host/1")
    assert verdict(admin_client) == ("All is well.", "")
    text = exposition().decode()
    assert "streamer_tenants_flooding 0.0" in text and "streamer_requests_stuck{" not in text
    assert "streamer_attempts_lost_recently 0.0" in text


def test_a_dead_worker(admin_client: Client) -> None:
    silence(register("host/2"))
    make_request(Status.PROCESSING, worker="host/2", changed_at=timezone.now() - timedelta(seconds=20))
    headline, faults = verdict(admin_client)
    assert headline == "One thing is wrong." and "host/2 shows no sign of life" in faults
    assert 'href="/admin/jobs/asyncrequest/runbook/#streamerworkerslost"' in faults
    assert metric('streamer_workers{queue="default"} 1.0') and metric("streamer_attempts_lost_recently 1.0")


def test_redis_down(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = redis.Redis(port=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))
    for module in ("health.probes", "presence"):
        monkeypatch.setattr(f"jobs.queue.{module}.redis_connection", lambda: nobody)
    headline, faults = verdict(admin_client)
    assert headline == "One thing is wrong." and "Redis does not answer" in faults
    assert metric('streamer_up{part="redis"} 0.0')
    SWEPT.count("retries")
    assert 'streamer_swept_total{rule="retries"}' not in exposition().decode()
    counters.take()


def test_a_stuck_request(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    stuck = make_request(Status.PROCESSING, worker="host/1", changed_at=now - timedelta(seconds=50))
    _, faults = verdict(admin_client)
    assert "has reported nothing for 50 s" in faults
    assert f'href="{page_of(stuck)}"' in faults and f"streamer_requests cancel {stuck.id}" in faults
    assert metric('streamer_requests_stuck{action="delay"} 1.0')


def test_a_failing_action(admin_client: Client) -> None:
    for _ in range(3):
        make_request(Status.FAILED, error={"code": "TIMEOUT", "message": ""})
    _, faults = verdict(admin_client)
    assert "Of 3 requests of delay" in faults and "?action=delay" in faults
    assert metric('streamer_requests_finished_total{action="delay",code="TIMEOUT",status="failed"} 3.0')
    assert metric('streamer_requests_ended_recently{action="delay",status="failed"} 3.0')
    form = re.findall(r'href="(/admin/jobs/pausedaction/add/[^"]+)"', faults)[0]
    assert '<option value="delay" selected>' in admin_client.get(form).content.decode()


def test_a_flooding_tenant(admin_client: Client) -> None:
    for _ in range(50):
        make_request(tenant_id="loud & rude")
    _, faults = verdict(admin_client)
    assert "The tenant loud &amp; rude floods" in faults
    listed = [html.unescape(url) for url in re.findall(r'href="(/admin/jobs/asyncrequest/\?[^"]+)"', faults)][0]
    assert admin_client.get(listed).context["cl"].result_count == 50
    assert metric("streamer_tenants_flooding 1.0")


def test_a_full_disk(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disks.shutil, "disk_usage", lambda path: Usage(1000, 990, 10))
    _, faults = verdict(admin_client)
    assert "The disk of the scratch folder is nearly full" in faults and 'href="/admin/jobs/artifact/"' in faults
    assert metric('streamer_disk_free_bytes{folder="scratch"} 10.0')


def test_a_link_is_for_those_who_may_follow_it(client: Client) -> None:
    for _ in range(3):
        make_request(Status.FAILED, error={"code": "TIMEOUT", "message": ""})
    _, faults = verdict(sign_in_staff(client, "view_asyncrequest"))
    assert "Runbook" in faults and "Pause it" not in faults


def test_the_span_of_the_history_is_chosen_by_the_address(admin_client: Client) -> None:
    for query, span in (("", "1h"), ("?span=30d", "30d"), ("?span=nonsense", "1h")):
        page = admin_client.get(f"/admin/{query}").content.decode()
        assert f'href="?span={span}" aria-current="true"' in page


def test_the_page_has_no_style_or_script_of_its_own(admin_client: Client) -> None:
    region = admin_client.get("/admin/").content.decode().partition('id="overview"')[2].partition("app-auth")[0]
    assert "<svg" in region and not re.search(r"<script|<style|\sstyle=|\son\w+=", region)


@pytest.mark.parametrize("rows", [1, 30])
def test_the_first_page_takes_few_queries_however_many_rows(
    admin_client: Client, rows: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(rows):
        make_request(tenant_id=f"tenant-{number}")
        make_request(Status.PROCESSING, worker=f"host/{number}", changed_at=timezone.now() - timedelta(seconds=90))
        make_request(Status.FAILED, error={"code": "TIMEOUT", "message": ""})
    with django_assert_max_num_queries(36):
        assert "things are wrong" in admin_client.get("/admin/").content.decode()
