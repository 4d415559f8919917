"""The trace of a request that comes over HTTP, up to the row from which a worker goes on with it."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from jobs.models import AsyncRequest
from jobs.tracing.tracer import flush
from realtime.database import in_database
from tests.collector import Collector, traced_process
from tests.local.waiting import eventually
from tests.realtime.http.requests.conftest import Call

pytestmark = pytest.mark.django_db(transaction=True)
ECHO = {"action": "echo_async", "payload": {"message": "hi"}}
HEADER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
METADATA = "00-11f7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with traced_process(monkeypatch) as collector:
        yield collector


async def trace_of(request_id: str) -> str | None:
    return await in_database(lambda: AsyncRequest.objects.get(id=UUID(request_id)).trace)


async def test_it_works(call: Call, collector: Collector) -> None:
    body = (await call("post", "", ECHO, headers={"traceparent": HEADER})).json()
    trace = await trace_of(body["request_id"])
    await in_database(flush)
    await in_database(lambda: eventually(lambda: len(collector.spans) == 2, "both spans came"))
    message, submit = collector.trace(HEADER[3:35])
    assert (message.name, message.parent_id) == ("message echo_async", HEADER[36:52])
    assert (submit.name, submit.parent_id) == ("submit", message.span_id)
    assert trace == f"00-{submit.trace_id}-{submit.span_id}-01"
    assert message.attributes["streamer.request_id"] == body["request_id"]
    assert message.attributes["streamer.face"] == "http" and not message.failed


async def test_the_metadata_of_a_message_count_first(call: Call, collector: Collector) -> None:
    fields = {**ECHO, "metadata": {"traceparent": METADATA}}
    body = (await call("post", "", fields, headers={"traceparent": HEADER})).json()
    assert (await trace_of(body["request_id"]) or "").startswith(METADATA[:35])


@pytest.mark.parametrize("garbage", ["", "x", HEADER.upper(), f"{HEADER}-more", "00-" + "0" * 32 + HEADER[35:]])
async def test_garbage_is_ignored(call: Call, collector: Collector, garbage: str) -> None:
    fields = {**ECHO, "metadata": {"traceparent": [garbage]}}
    answer = await call("post", "", fields, headers={"traceparent": garbage})
    trace = await trace_of(answer.json()["request_id"])
    assert answer.status_code == 202 and trace is not None and HEADER[3:35] not in trace


async def test_each_request_of_a_batch_has_its_own_spans(call: Call, collector: Collector) -> None:
    requests = [ECHO, {"action": "echo", "payload": {"message": 1}}, {**ECHO, "metadata": {"traceparent": METADATA}}]
    answer = await call("post", "batch/", {"requests": requests}, headers={"traceparent": HEADER})
    assert answer.status_code == 200
    await in_database(flush)
    await in_database(lambda: eventually(lambda: len(collector.spans) == 5, "all spans came"))
    names = [one.name for one in collector.trace(HEADER[3:35])]
    assert sorted(names) == ["message echo", "message echo_async", "submit"]
    assert [one.kind for one in collector.trace(METADATA[3:35])] == ["message", "submit"]


async def test_a_refusal_is_told_by_its_code(call: Call, collector: Collector) -> None:
    assert (await call("post", "", {**ECHO, "id": "mine"})).status_code == 202
    other = {"action": "echo_async", "payload": {"message": "other"}, "id": "mine"}
    assert (await call("post", "", other, headers={"traceparent": HEADER})).status_code == 409
    await in_database(flush)
    await in_database(lambda: eventually(lambda: collector.trace(HEADER[3:35]), "the spans came"))
    spans = collector.trace(HEADER[3:35])
    assert [one.attributes["streamer.error_code"] for one in spans] == ["DUPLICATE_REQUEST"] * 2


async def test_while_tracing_is_off_nothing_is_stored(call: Call) -> None:
    body = (await call("post", "", ECHO, headers={"traceparent": HEADER})).json()
    assert await trace_of(body["request_id"]) is None
