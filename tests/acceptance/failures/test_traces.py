"""One trace over web, workers and sweeper, and error reports, as a collector gets them."""

import asyncio
import json
import uuid
from pathlib import Path

import pytest

from tests.acceptance.client import connect
from tests.acceptance.processes import kill_and_wait, pid_of_run
from tests.collector import CollectedSpan, Collector, tree_of
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
WORD = "a-word-that-nobody-else-has"


async def complete(collector: Collector, trace_id: str, kinds: set[str], attempts: int) -> list[CollectedSpan]:
    """Wait until the trace has spans of all these kinds, and that many attempts."""

    def found() -> list[CollectedSpan]:
        spans = collector.trace(trace_id)
        has_all = kinds <= {one.kind for one in spans}
        return spans if has_all and sum(one.kind == "attempt" for one in spans) == attempts else []

    return await asyncio.to_thread(eventually, found, f"the trace has {kinds}", 60.0)


async def test_it_works(crash_stack: LiveStack, alice: str, collector: Collector) -> None:
    trace_id, span_id = uuid.uuid4().hex, uuid.uuid4().hex[:16]
    async with connect(crash_stack, alice) as client:
        request_id = await client.submit(
            "zoo_file", {"text": WORD, "fail": False}, metadata={"traceparent": f"00-{trace_id}-{span_id}-01"}
        )
        assert (await client.whole_stream(request_id))[-1]["type"] == "complete"
    expected = {"message", "submit", "wait", "claim", "attempt", "artifact", "outcome", "push"}
    spans = await complete(collector, trace_id, expected, 1)
    by_kind = {one.kind: one for one in spans}
    parents = {kind: by_kind[above].span_id for kind, above in _ABOVE.items()} | {"message": span_id}
    assert {kind: by_kind[kind].parent_id for kind in parents} == parents, tree_of(spans)
    processes = {kind: one.resource["process.pid"] for kind, one in by_kind.items()}
    assert processes["message"] == processes["push"] != processes["attempt"] == processes["artifact"]
    assert {one.attributes.get("streamer.request_id") for one in spans if one.kind in ("message", "attempt")} == {
        request_id
    }
    order = ["message", "wait", "claim", "attempt", "artifact", "outcome"]
    assert [one.kind for one in spans if one.kind in order] == order, tree_of(spans)


_ABOVE = {
    "submit": "message",
    "wait": "submit",
    "claim": "submit",
    "attempt": "submit",
    "artifact": "attempt",
    "outcome": "attempt",
    "push": "outcome",
}


async def test_an_attempt_whose_process_was_killed_is_in_the_trace(
    crash_stack: LiveStack, alice: str, collector: Collector, tmp_path: Path
) -> None:
    async with connect(crash_stack, alice) as client:
        request_id = await client.submit("zoo_until", {"path": str(tmp_path / "end")})
        await kill_and_wait(await pid_of_run(client, request_id))
        (tmp_path / "end").touch()
        assert (await client.whole_stream(request_id, seconds=45.0))[-1]["type"] == "complete"
    spans = await asyncio.to_thread(eventually, lambda: collector.of_request(request_id), "the trace came", 60.0)
    spans = await complete(collector, spans[0].trace_id, {"message", "attempt"}, 2)
    first, second = (one for one in spans if one.kind == "attempt")
    assert first.failed and first.attributes["streamer.error_code"] == "WORKER_LOST"
    assert second.links == (first.span_id,) and not second.failed
    assert first.parent_id == second.parent_id == next(one.span_id for one in spans if one.kind == "submit")


async def test_a_failure_is_reported_once_and_without_values(
    crash_stack: LiveStack, alice: str, collector: Collector
) -> None:
    mark = f"order-{uuid.uuid4().hex}"
    async with connect(crash_stack, alice) as client:
        request_id = await client.submit(
            "zoo_slow", {"seconds": -4321.8765, "steps": 1}, metadata={"correlation_id": mark}
        )
        error = (await client.whole_stream(request_id))[-1]["error"]
    reference = error["details"]["correlation_id"]
    assert reference.startswith(f"{mark}-") and reference in error["message"]

    def found() -> list[dict[str, dict[str, str]]]:
        return [one for one in collector.reports if one["tags"].get("request_id") == request_id]

    (report,) = await asyncio.to_thread(eventually, found, "the report came", 60.0)
    expected = {"action": "zoo_slow", "tenant": "acme", "correlation_id": reference, "attempt": "1"}
    assert expected.items() <= report["tags"].items() and len(report["tags"]["trace_id"]) == 32

    # Whoever has the client's mark finds all lines about its request, in each process.
    def told() -> set[str]:
        logs = [log.read_text() for log in crash_stack.log_dir.glob("worker-*.log*")]
        return {json.loads(line)["event"] for log in logs for line in log.splitlines() if mark in line}

    wanted = {"Attempt began", "Attempt ended"}
    await asyncio.to_thread(eventually, lambda: wanted <= told(), "the worker has told of its attempt")
    secrets = [*(token.rpartition(".")[2] for token in crash_stack.tokens), "4321.8765", WORD]
    assert not [secret for secret in secrets for body in collector.bodies if secret.encode() in body]
    written = [log.read_text() for log in crash_stack.log_dir.glob("*.log*")]
    assert not [secret for secret in ("4321.8765", WORD) if any(secret in log for log in written)]
