"""``/healthz/details``: for the token of the metrics and for staff; one line about each part, and no secret."""

from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
import redis
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.test import AsyncClient
from pytest_django import Settings

from jobs.files.storage import StorageAway
from jobs.queue.health import probes
from realtime.http.monitoring import health_details as page

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "a-token-of-the-operator"
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def token(settings: Settings) -> None:
    settings.STREAMER_METRICS_TOKEN = TOKEN


async def test_it_works(async_client: AsyncClient) -> None:
    answer = await async_client.get("/healthz/details", headers=OPERATOR)
    body = answer.json()
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    assert set(body["parts"]) == {"database", "redis", "workers", "sweeper", "folder", "storage"}
    assert body["status"] == "degraded" and body["parts"]["database"]["ok"] and body["parts"]["storage"]["ok"]
    assert body["parts"]["workers"]["reason"] == "no worker is alive"
    assert body["parts"]["sweeper"]["reason"] == "no sweeper is alive"
    assert body["queues"]["default"] == {"workers": []}
    assert body["circuits"]["rings"] == "closed"
    assert {"python", "django", "rq", "database_server", "redis_server", "protocol"} <= set(body["versions"])
    assert all(body["versions"].values()) and body["process"]["connections"] == 0


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}"])
async def test_nobody_else_is_told(async_client: AsyncClient, given: str) -> None:
    answer = await async_client.get("/healthz/details", headers={"Authorization": given} if given else {})
    assert answer.status_code == 401 and answer.json()["error"]["code"] == "UNAUTHORIZED"


async def test_without_a_token_in_the_settings_an_empty_one_opens_nothing(
    async_client: AsyncClient, settings: Settings
) -> None:
    settings.STREAMER_METRICS_TOKEN = ""
    answer = await async_client.get("/healthz/details", headers={"Authorization": "Bearer "})
    assert answer.status_code == 401


@pytest.mark.parametrize(("is_staff", "status"), [(True, 200), (False, 401)])
async def test_staff_need_no_token(async_client: AsyncClient, is_staff: bool, status: int) -> None:
    user = await User.objects.acreate(username="operator", is_staff=is_staff)
    await async_client.aforce_login(user)
    assert (await async_client.get("/healthz/details")).status_code == status


async def test_what_fails_is_told_in_one_line_and_nothing_is_raised(
    async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(error: Exception) -> Mock:
        return Mock(side_effect=error)

    away = fails(redis.ConnectionError("Error 111 connecting to redis:6379. Connection refused.\nand more"))
    monkeypatch.setattr(probes, "redis_connection", away)
    monkeypatch.setattr(page, "redis_connection", away)
    monkeypatch.setattr(page, "ask_served_queues", away)
    monkeypatch.setattr(probes, "missing_folder", fails(ValueError("a secret of the inside")))
    monkeypatch.setattr(default_storage, "exists", fails(StorageAway("the bucket does not answer")))
    body = (await async_client.get("/healthz/details", headers=OPERATOR)).json()
    reasons = {name: part.get("reason") for name, part in body["parts"].items()}
    assert reasons["redis"] == "Error 111 connecting to redis:6379. Connection refused"
    assert reasons["storage"] == "the bucket does not answer"
    assert "secret" not in str(body) and reasons["workers"] == reasons["redis"]
    assert body["queues"] is None and body["versions"]["redis_server"] is None


async def test_without_a_database_it_is_down(async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = OperationalError("connection failed: server closed the connection")
    monkeypatch.setattr(probes, "missing_tables", Mock(side_effect=fault))
    answer = await async_client.get("/healthz/details", headers=OPERATOR)
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["status"]) == (503, "down")
    assert body["parts"]["database"]["reason"] == "server closed the connection"


async def test_clients_of_the_health_action_are_told_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "redis_connection", Mock(side_effect=redis.ConnectionError("redis:6379")))
    monkeypatch.setattr(probes, "database", Mock())
    assert "reason" not in probes.probe_services()["parts"]["redis"]


async def test_who_is_signed_in_is_told_that_nobody_can_be_without_the_database(
    async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async_client.cookies["sessionid"] = "whose"
    monkeypatch.setattr(page, "_may_read", AsyncMock(side_effect=OperationalError("connection to 10.1.2.3 failed")))
    answer = await async_client.get("/healthz/details")
    assert answer.status_code == 503 and answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert "10.1.2.3" not in answer.text
