"""The pages of queues, limits and workers: who may look, who may change, and what the log keeps."""

import re
from collections.abc import Callable

import pytest
import redis
from django.contrib.admin.models import LogEntry
from django.test import Client

from jobs.models import LimitKind, LimitOverride, PausedQueue
from jobs.queue import presence
from jobs.queue.control.changes import set_limit
from jobs.queue.control.drains import ordered
from jobs.queue.names import own_queues
from jobs.queue.pauses import pause_queue
from tests.jobs.admin.pages import sign_in_staff
from tests.jobs.building import claim, submit
from tests.jobs.queue.workers import register

pytestmark = pytest.mark.django_db(transaction=True)
QUEUES, LIMITS, WORKERS = "/admin/jobs/pausedqueue/", "/admin/jobs/limitoverride/", "/admin/jobs/worker/"


def acts() -> list[str]:
    return [entry.get_change_message() for entry in LogEntry.objects.order_by("id")]


def test_it_works(client: Client) -> None:
    register("host-2/1", own_queues())
    submit()
    sign_in_staff(client, "view_pausedqueue", "add_pausedqueue", "delete_pausedqueue")
    page = client.get(QUEUES).content.decode()
    assert all(queue in page for queue in own_queues()) and "Served" in page and 'value="limit"' not in page
    order = {"verb": "pause", "queue": "default", "reason": "<b>moving</b>"}
    page = client.post(QUEUES, order, follow=True).content.decode()
    row = PausedQueue.objects.get()
    assert (row.queue, row.reason, row.paused_by) == ("default", "<b>moving</b>", "operator")
    assert "&lt;b&gt;moving&lt;/b&gt;" in page and "Paused" in page
    assert client.post(QUEUES, {"verb": "resume", "queue": "default"}).status_code == 302
    assert not PausedQueue.objects.exists()
    assert acts() == ["Paused: <b>moving</b>", "Resumed"]
    assert "Resumed" in client.get(f"{QUEUES}default/history/").content.decode()
    assert client.get(f"{QUEUES}default/change/").status_code == 302


@pytest.mark.parametrize("field", ["queue", "reason"])
def test_a_text_that_cannot_be_stored_is_refused(client: Client, field: str) -> None:
    sign_in_staff(client, "view_pausedqueue", "add_pausedqueue", "delete_pausedqueue")
    for verb in ("pause", "resume"):
        order = {"verb": verb, "queue": "default", field: "a\x00b"}
        assert client.post(QUEUES, order).status_code == 400
    assert not PausedQueue.objects.exists()


def test_limits_are_set_on_the_page_of_queues(client: Client) -> None:
    sign_in_staff(client, "view_pausedqueue", "add_limitoverride", "delete_limitoverride")
    client.post(QUEUES, {"verb": "limit", "queue": "default", "number": "3"})
    row = LimitOverride.objects.get()
    assert (row.kind, row.name, row.number, row.set_by) == (LimitKind.QUEUE, "default", 3, "operator")
    for number in ("0", "", "x", "-1"):
        page = client.post(QUEUES, {"verb": "limit", "queue": "default", "number": number}, follow=True)
        assert "A limit is at least 1" in page.content.decode()
    client.post(QUEUES, {"verb": "unlimit", "queue": "default"})
    assert not LimitOverride.objects.exists()
    assert acts() == ["Runs at most 3 at once", "Runs as many requests as there are workers"]
    assert client.post(QUEUES, {"verb": "nope", "queue": "default"}).status_code == 400
    assert "no queue" in client.post(QUEUES, {"verb": "limit", "queue": "x", "number": 1}, follow=True).content.decode()


def test_every_limit_has_a_page_of_its_own(client: Client) -> None:
    sign_in_staff(client, "view_limitoverride", "add_limitoverride", "change_limitoverride", "delete_limitoverride")
    fields = {"kind": "action", "name": "zoo_count", "number": 2, "reason": "slow"}
    assert client.post(f"{LIMITS}add/", fields).status_code == 302
    row = LimitOverride.objects.get()
    assert (row.number, row.set_by) == (2, "operator")
    page = client.get(LIMITS).content.decode()
    assert "zoo_count" in page and "no limit" in page
    assert client.post(f"{LIMITS}{row.pk}/change/", {"number": 5, "reason": ""}).status_code == 302
    assert LimitOverride.objects.get().number == 5
    for wrong in ({"name": "nope"}, {"number": 0}, {"kind": "queue"}):
        assert client.post(f"{LIMITS}add/", {**fields, **wrong}).status_code == 200
    assert client.post(f"{LIMITS}{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not LimitOverride.objects.exists() and len(acts()) == 3


def test_a_worker_is_drained(client: Client) -> None:
    register("host-2/1", own_queues())
    submit()
    claim("host-2/1")
    sign_in_staff(client, "view_worker", "drain_worker")
    page = client.get(WORKERS).content.decode()
    assert "host-2/1" in page and "Busy" in page and "Drain" in page
    assert "finishes what it runs" in client.post(WORKERS, {"worker": "host-2/1"}, follow=True).content.decode()
    assert ordered(["host-2/1"]) == {"host-2/1"} and acts() == ["Drained"]
    assert "Draining" in client.get(WORKERS).content.decode()
    assert "There is no worker" in client.post(WORKERS, {"worker": "nope"}, follow=True).content.decode()
    history = client.get(f"{WORKERS}host-2_2F1/history/").content.decode()
    assert "Drained" in history


def test_a_history_is_offered_where_there_is_one(client: Client) -> None:
    for name in ("host-2/1", "host-2/2"):
        register(name, own_queues())
    sign_in_staff(client, "view_worker", "drain_worker", "view_pausedqueue", "add_pausedqueue")
    assert all("/history/" not in client.get(url).content.decode() for url in (WORKERS, QUEUES))
    client.post(WORKERS, {"worker": "host-2/2"})
    client.post(QUEUES, {"verb": "pause", "queue": "default"})
    for url, name in ((WORKERS, "host-2_2F2"), (QUEUES, "default")):
        assert re.findall(r'href="([^"]+)/history/"', client.get(url).content.decode()) == [f"{url}{name}"]


def test_nobody_looks_or_changes_without_the_permission(client: Client) -> None:
    register("host-2/1", own_queues())
    set_limit(LimitKind.QUEUE, "default", 2)
    pause_queue("ml")
    sign_in_staff(client, "view_pausedqueue", "view_worker")
    page = client.get(QUEUES).content.decode()
    assert 'name="verb"' not in page and "Paused" in page
    orders = (
        {"verb": "pause", "queue": "default"},
        {"verb": "resume", "queue": "ml"},
        {"verb": "limit", "queue": "default", "number": 3},
        {"verb": "unlimit", "queue": "default"},
    )
    for order in orders:
        assert client.post(QUEUES, order).status_code == 403
    assert client.post(WORKERS, {"worker": "host-2/1"}).status_code == 403 and not ordered(["host-2/1"])
    assert client.get(LIMITS).status_code == 403
    assert LimitOverride.objects.get().number == 2 and PausedQueue.objects.get().queue == "ml" and not acts()


def test_strangers_see_nothing(client: Client) -> None:
    sign_in_staff(client, "view_asyncrequest")
    assert [client.get(url).status_code for url in (QUEUES, LIMITS, WORKERS)] == [403] * 3


def test_without_redis_the_pages_say_so(
    client: Client, monkeypatch: pytest.MonkeyPatch, redis_away: Callable[[], redis.Redis]
) -> None:
    monkeypatch.setattr(presence, "redis_connection", redis_away)
    sign_in_staff(client, "view_pausedqueue", "view_worker", "drain_worker")
    assert "Not known" in client.get(QUEUES).content.decode()
    assert "Redis does not answer" in client.get(WORKERS).content.decode()
    assert "Nobody was told" in client.post(WORKERS, {"worker": "x"}, follow=True).content.decode()
