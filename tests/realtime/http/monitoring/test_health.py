"""The answers to programs that start and watch the web process are told."""

import pytest
from django.test import AsyncClient
from pytest_django import Settings

from jobs.queue.wakeups import SWEEPER_HEARTBEATS, connection
from realtime.http.monitoring import health
from realtime.shared import drain

pytestmark = pytest.mark.django_db(transaction=True)


async def test_the_process_is_alive(async_client: AsyncClient) -> None:
    response = await async_client.get("/healthz")
    assert response.status_code == 200 and response.json() == {"status": "ok"}


async def test_it_is_ready_while_requests_can_be_accepted(async_client: AsyncClient) -> None:
    connection().set(f"{SWEEPER_HEARTBEATS}here:1", 1, ex=15)
    response = await async_client.get("/readyz")
    assert response.status_code == 200
    parts = {"database": True, "redis": True, "workers": False, "sweeper": True, "folder": True}
    circuits = dict.fromkeys(["followers", "inspection", "limits", "metrics", "rings", "sending", "sign_in"], "closed")
    assert response.json() == {"status": "degraded", "parts": parts, "circuits": circuits}


async def test_who_has_the_token_of_the_metrics_is_told_of_the_faults(
    async_client: AsyncClient, settings: Settings
) -> None:
    settings.STREAMER_METRICS_TOKEN = "a-secret-of-the-metrics"
    told = await async_client.get("/readyz", headers={"Authorization": "Bearer a-secret-of-the-metrics"})
    faults = {(fault["name"], fault["subject"]) for fault in told.json()["faults"]}
    assert faults >= {("StreamerPartAway", "workers"), ("StreamerPartAway", "sweeper")}
    refused = await async_client.get("/readyz", headers={"Authorization": "Bearer another-secret"})
    assert refused.status_code == 200 and "faults" not in refused.json()


async def test_it_is_not_ready_without_the_database(async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    down = {"status": "down", "parts": {"database": {"ok": False}}, "circuits": {}}
    monkeypatch.setattr(health, "probe_services", lambda: down)
    response = await async_client.get("/readyz")
    told = {"status": "down", "parts": {"database": False}, "circuits": {}}
    assert (response.status_code, response.json()) == (503, told)


async def test_it_is_not_ready_while_it_drains(async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain(), "begun", True)
    response = await async_client.get("/readyz")
    assert response.status_code == 503 and response.json() == {"status": "draining"}
    assert (await async_client.get("/healthz")).status_code == 200
