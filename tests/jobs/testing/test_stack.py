"""The stack in one process: what is submitted is stored, claimed and run as in production."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import redis
from django.core.files.storage import default_storage
from pytest_django import Settings

from jobs.contract.registry import all_handlers
from jobs.execution import reporter
from jobs.handler import Context, DuplicateRequest, Handler, InvalidPayload, NoPayload, UnknownAction
from jobs.models import AsyncRequest
from jobs.testing import InProcessStack
from tests.handlers.results import Kept, SavesFile
from tests.handlers.zoo import Count
from tests.jobs.building import stored_files


class Unregistered(Handler[NoPayload]):
    """Count how often it was run."""

    action = "not_in_the_registry"
    runs = 0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        type(self).runs += 1
        return {"runs": self.runs}


def test_it_works(streamer: InProcessStack) -> None:
    request = streamer.submit("zoo_count", {"updates": 100})
    assert (request.status, request.events(), request.result) == ("pending", [], None)
    assert streamer.run() == [request]
    assert (request.status, request.result, request.error) == ("completed", {"updates": 100}, None)
    events = request.events()
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1)) and len(events) < 50
    assert (events[0]["type"], events[-1]["type"]) == ("started", "complete")
    assert events[-1]["final"] and events[-1]["result"] == {"updates": 100}


def test_it_has_an_owner_a_client_id_and_metadata(streamer: InProcessStack) -> None:
    request = streamer.submit(
        Count, tenant_id="other", user_id="charlie", idempotency_key="mine", metadata={"page": 1}, priority=5
    )
    row = request.row
    assert (row.tenant_id, row.user_id, row.metadata, row.queue) == ("other", "charlie", {"page": 1}, "default")
    again = streamer.submit(Count, tenant_id="other", user_id="charlie", idempotency_key="mine")
    assert again == request
    streamer.run()
    assert {event["id"] for event in request.events()} == {"mine"}


def test_what_is_refused_is_not_stored(streamer: InProcessStack) -> None:
    with pytest.raises(InvalidPayload):
        streamer.submit("zoo_count", {"updates": "many"})
    with pytest.raises(UnknownAction):
        streamer.submit("no_such_action")
    streamer.submit("zoo_count", {"updates": 1}, idempotency_key="mine")
    with pytest.raises(DuplicateRequest) as refused:
        streamer.submit("zoo_count", {"updates": 2}, idempotency_key="mine")
    assert refused.value.fields == ["payload.updates"]
    assert AsyncRequest.objects.count() == 1


def test_a_handler_that_is_not_registered_is_for_the_time_of_the_test(streamer: InProcessStack) -> None:
    request = streamer.submit(Unregistered)
    streamer.run()
    assert request.result == {"runs": 1}


def test_the_registry_is_as_it_was_before() -> None:
    assert "not_in_the_registry" not in all_handlers()


def test_attempts_follow_without_their_pauses(streamer: InProcessStack) -> None:
    request = streamer.submit("zoo_goes_on")
    assert streamer.run() == [request] * 3
    assert request.result == {"begun_with": [False, True, True]}


def test_one_attempt_at_a_time(streamer: InProcessStack) -> None:
    request = streamer.submit("zoo_second_time")
    statuses = []
    while streamer.run_next() is not None:
        statuses.append(request.status)
    assert statuses == ["retrying", "completed"]


def test_the_order_is_that_of_the_queue(streamer: InProcessStack) -> None:
    first, urgent = streamer.submit("zoo_count"), streamer.submit("zoo_count", priority=60)
    assert streamer.run() == [urgent, first]


def test_a_cancel_comes_before_the_start(streamer: InProcessStack) -> None:
    request = streamer.submit("zoo_count")
    assert request.cancel() == "cancelled"
    assert streamer.run() == [] and request.status == "cancelled"
    assert request.events()[-1]["mode"] == "before_start"


def test_files_are_in_a_folder_of_the_test(streamer: InProcessStack, tmp_path: Any) -> None:
    request = streamer.submit(SavesFile)
    streamer.run()
    [artifact] = request.artifacts()
    assert (artifact.filename, artifact.text, artifact.url) == ("hello.txt", "hello", request.result["url"])
    [name] = stored_files()
    assert name == "hello.txt" and default_storage.path("").startswith(str(tmp_path))


def test_a_known_result_is_given_again_unless_it_is_not_wanted(streamer: InProcessStack) -> None:
    first = streamer.submit(Kept, {"text": "hello"})
    streamer.run()
    again = streamer.submit(Kept, {"text": "hello"})
    assert again != first and again.result == first.result and streamer.run() == []
    anew = streamer.submit(Kept, {"text": "hello"}, fresh=True)
    assert streamer.run() == [anew]


def test_a_bulk_is_shared_by_requests_that_run_too(streamer: InProcessStack) -> None:
    items = [{"message": number} for number in range(3)]
    operation = {"type": "action", "action": "echo"}
    request = streamer.submit("bulk_operation", {"operation": operation, "items": items})
    streamer.run()
    assert request.result["succeeded"] == 3


def test_it_works_while_redis_is_away(
    streamer: InProcessStack, redis_away: Callable[[], redis.Redis], settings: Settings, closed_port: int
) -> None:
    hosts = [{"address": f"redis://127.0.0.1:{closed_port}/0"}]
    layer = settings.CHANNEL_LAYERS["default"]
    settings.CHANNEL_LAYERS = {"default": {**layer, "CONFIG": {**layer["CONFIG"], "hosts": hosts}}}
    request = streamer.submit("zoo_count")
    streamer.run()
    assert request.status == "completed"


def test_a_handler_that_does_not_listen_is_ended(
    streamer: InProcessStack, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporter, "BEAT_SECONDS", 0.05)
    settings.STREAMER_CANCEL_GRACE_SECONDS = 0.2
    begun = threading.Event()

    class Deaf(Unregistered):
        action = "zoo_deaf_here"
        payload_model = NoPayload

        def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
            AsyncRequest.objects.filter(id=context.request_id).update(cancel_requested_at=request.row.created_at)
            begun.set()
            while True:
                sum(range(1_000))

    request = streamer.submit(Deaf)
    streamer.run()
    assert begun.is_set() and request.status == "cancelled"
    assert request.events()[-1]["mode"] == "killed"
    sum(range(100_000))  # no exception is left behind that would end the test
