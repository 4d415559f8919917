"""The trace of a request that is stored and run in this process."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.errors import ErrorCode, error_body
from jobs.execution.endings.outcomes import told_of
from jobs.execution.runner import run_claim
from jobs.log.outcomes import Failed, Repeated
from jobs.models import AsyncRequest
from jobs.sweeper.rules import recover_lost_attempts
from jobs.tracing.attempts import MAX_STAGES, RUNNING, AttemptSpans, finish_process
from jobs.tracing.tracer import open_span
from tests.collector import CollectedSpan, Collector, tree_of
from tests.jobs.building import claim, make_submission, row_of, store
from tests.local.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def run_next() -> AsyncRequest:
    claimed = claim()
    run_claim(claimed, end_process=lambda: None)
    finish_process()
    return row_of(claimed.request_id)


def attempts_of(collector: Collector, number: int) -> list[CollectedSpan]:
    def found() -> list[CollectedSpan]:
        spans = [one for one in collector.spans if one.kind == "attempt"]
        return sorted(spans, key=lambda one: one.attributes["streamer.attempt"])

    eventually(lambda: len(found()) == number, f"{number} attempts came")
    return found()


def test_it_works(collector: Collector) -> None:
    store(make_submission("zoo_count", trace=PARENT))
    row = run_next()
    (attempt,) = attempts_of(collector, 1)
    assert (attempt.trace_id, attempt.parent_id) == (PARENT[3:35], PARENT[36:52])
    assert attempt.name == "attempt zoo_count" and not attempt.failed and attempt.links == ()
    facts = {"request_id": str(row.id), "attempt": 1, "action": "zoo_count", "tenant": "acme", "queue": "default"}
    told = {**facts, "outcome": "completed"}
    assert attempt.attributes == {f"streamer.{name}": value for name, value in told.items()}
    names = {one.name for one in collector.trace(attempt.trace_id)}
    assert {"wait", "claim", "outcome"} <= names, tree_of(collector.spans)
    assert RUNNING.attempt is None


def test_a_request_without_a_trace_gets_one_for_all_its_attempts(collector: Collector) -> None:
    request_id = store(make_submission("zoo_count"))
    lost = claim()
    AsyncRequest.objects.filter(id=request_id).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert recover_lost_attempts(timezone.now()) == 1
    run_next()
    first, second = attempts_of(collector, 2)
    assert first.trace_id == second.trace_id and second.links == (first.span_id,)
    assert first.failed and first.attributes["streamer.error_code"] == "WORKER_LOST"
    assert first.attributes["streamer.lost"] is True and not second.failed
    assert lost.attempt == 1 and second.attributes["streamer.attempt"] == 2


def test_an_attempt_that_lost_its_request_records_no_end(collector: Collector) -> None:
    store(make_submission("zoo_count"))
    claimed = claim()
    AsyncRequest.objects.filter(id=claimed.request_id).update(attempt=7)
    run_claim(claimed, end_process=lambda: None)
    finish_process()
    eventually(lambda: "claim" in {one.name for one in collector.spans}, "the rest of the trace came")
    assert not [one for one in collector.spans if one.kind == "attempt"]


def test_an_error_is_told_by_its_code(collector: Collector) -> None:
    store(make_submission("zoo_slow", payload={"seconds": -1234.5678, "steps": 1}))
    assert run_next().status == "failed"
    (attempt,) = attempts_of(collector, 1)
    assert attempt.failed and attempt.attributes["streamer.error_code"] == "INTERNAL_ERROR"
    assert not [body for body in collector.bodies if b"1234.5678" in body]


def test_stages_are_spans_of_their_own_and_bounded(collector: Collector) -> None:
    spans = AttemptSpans(open_span("attempt it"), is_settled=True)
    told = [spans.for_hint()]
    for name in ("reading", "reading", "x" * 41, None, "writing"):
        spans.enter_stage(name)
        told.append(spans.for_hint())
    assert [one is not None for one in told] == [True, True, False, False, False, True]
    for number in range(2 * MAX_STAGES):
        spans.enter_stage(str(number))
    spans.end()
    spans.end()
    finish_process()
    eventually(lambda: any(one.name == "attempt it" for one in collector.spans), "the attempt came")
    stages = [one.name for one in collector.trace(collector.spans[0].trace_id) if one.kind == "stage"]
    assert stages[:3] == ["stage reading", "stage writing", "stage 0"] and len(stages) == MAX_STAGES


@pytest.mark.parametrize("outcome", [Failed, Repeated])
def test_every_outcome_has_a_status(outcome: Any) -> None:
    fields = {"retry_at": timezone.now()} if outcome is Repeated else {}
    told = told_of(outcome(error=error_body(ErrorCode.WORKER_LOST, "lost"), **fields))
    assert told["error_code"] == "WORKER_LOST" and told["status"] in ("failed", "retrying")
