"""``/metrics``: every metric that the reference lists, for who has the token, and from whichever process is asked."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import AsyncClient
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from jobs.metrics import counters
from jobs.models import AsyncRequest
from realtime.database import in_database
from realtime.http.monitoring import metrics as page
from tests.jobs.building import make_submission, run_next, store
from tests.realtime.conftest import OpenSocket

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "a-token-of-the-operator"
REFERENCE = Path(__file__).parents[4] / "docs" / "reference" / "metrics.md"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def token(settings: Settings) -> None:
    settings.STREAMER_METRICS_TOKEN = TOKEN
    counters.take()


async def scrape(client: AsyncClient) -> Samples:
    answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, tuple(sorted(labels.items()))))


async def test_it_works(async_client: AsyncClient, open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await socket.ask(action="echo", payload={"message": "hello"})
    await socket.ask(action="echo_async", id="one")
    await in_database(run_next)
    await in_database(lambda: store(make_submission("zoo_count")))
    await in_database(
        lambda: AsyncRequest.objects.filter(action="zoo_count").update(
            available_at=timezone.now() - timedelta(seconds=90)
        )
    )
    found = await scrape(async_client)
    assert value(found, "streamer_requests_finished_total", action="echo_async", status="completed", code="") == 1
    assert value(found, "streamer_request_wait_seconds_count", action="echo_async") == 1
    assert value(found, "streamer_requests_waiting", action="zoo_count") == 1
    assert 90 <= (value(found, "streamer_queue_lag_seconds", queue="default") or 0) < 120
    assert value(found, "streamer_messages_received_total", type="request") == 2
    assert value(found, "streamer_messages_sent_total", type="acknowledgment") == 1
    assert value(found, "streamer_acknowledgment_seconds_count", face="socket") == 1
    assert value(found, "streamer_inline_seconds_count", action="echo", outcome="answered") == 1
    assert value(found, "streamer_up", part="database") == 1


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"])
async def test_without_the_token_nothing_is_told(async_client: AsyncClient, given: str) -> None:
    answer = await async_client.get("/metrics", headers={"Authorization": given} if given else {})
    assert (answer.status_code, answer.content) == (401, b"")


async def test_without_a_token_in_the_settings_there_is_no_such_page(
    async_client: AsyncClient, settings: Settings
) -> None:
    settings.STREAMER_METRICS_TOKEN = ""
    assert (await async_client.get("/metrics", headers={"Authorization": "Bearer "})).status_code == 404


async def test_while_the_database_is_away_the_rest_is_told(
    async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("away")

    everything = page._all

    def without_database() -> bytes:
        with connection.execute_wrapper(fail):
            return everything()

    monkeypatch.setattr(page, "_all", without_database)
    found = await scrape(async_client)
    assert value(found, "streamer_up", part="database") == 0 and value(found, "streamer_up", part="redis") == 1
    assert value(found, "streamer_queue_lag_seconds", queue="default") is None


async def test_the_reference_lists_every_metric(async_client: AsyncClient) -> None:
    answer = await async_client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    told = set(re.findall(r"^# TYPE (streamer_\w+?)(?:_created)? ", answer.content.decode(), re.MULTILINE))
    assert told == set(re.findall(r"^\| `(streamer_\w+)", REFERENCE.read_text(), re.MULTILINE))


async def test_the_close_codes_of_clients_are_few_labels(async_client: AsyncClient, open_socket: OpenSocket) -> None:
    for code in (1000, 3017, 4999):
        socket = await open_socket()
        await socket.leave(code)
    found = await scrape(async_client)
    assert value(found, "streamer_connections_closed_total", code="1000") == 1
    assert value(found, "streamer_connections_closed_total", code="other") == 2
