"""The checks of requests that Python code submits, and their refusals."""

from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from jobs.handler import Handler, InvalidPayload, NoPayload, TooManyWaiting, UnknownAction, submit
from jobs.models import AsyncRequest
from tests.handlers.results import KeptPayload
from tests.handlers.zoo import Count
from tests.jobs.building import row_of

pytestmark = pytest.mark.django_db(transaction=True)
ALICE: dict[str, Any] = {"user_id": "alice", "tenant_id": "acme"}


def test_every_fault_of_a_payload_is_told_as_over_the_wire() -> None:
    with pytest.raises(InvalidPayload) as refused:
        Count.submit({"updates": "many", "colour": 1}, **ALICE)
    assert {fault["path"] for fault in refused.value.faults} == {"updates", "colour"}
    assert refused.value.body()["code"] == "VALIDATION_ERROR"


def test_a_model_of_another_action_does_not_fit() -> None:
    with pytest.raises(InvalidPayload):
        Count.submit(KeptPayload(), **ALICE)


@pytest.mark.parametrize("payload", [{"message": float("nan")}, {"message": b""}, {"message": {1: 2}}, ["message"]])
def test_a_payload_is_json_and_an_object(payload: Any) -> None:
    with pytest.raises(InvalidPayload):
        submit("echo", payload, **ALICE)
    assert not AsyncRequest.objects.exists()


def test_a_payload_is_no_larger_than_a_message(settings: Settings) -> None:
    settings.STREAMER_MAX_FRAME_BYTES = 100
    submit("echo", {"message": "x" * 80}, **ALICE)
    with pytest.raises(InvalidPayload, match="100 bytes"):
        submit("echo", {"message": "x" * 100}, **ALICE)


def test_what_is_stored_is_not_what_the_caller_changes_later() -> None:
    message = ["first"]
    with transaction.atomic():
        handle = submit("echo", {"message": message}, **ALICE)
        message.append("second")
    assert row_of(handle.id).payload == {"message": ["first"]}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"user_id": ""}, "user_id"),
        ({"user_id": 7}, "user_id"),
        ({"user_id": "x" * 151}, "user_id"),
        ({"tenant_id": "nul \x00"}, "tenant_id"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"tags": "one"}, "tags"),
        ({"tags": ["x"] * 11}, "tags"),
        ({"tags": [""]}, "tag"),
        ({"tags": ["x" * 65]}, "tag"),
        ({"tags": ["nul \x00"]}, "tag"),
        ({"tags": ["half \ud800"]}, "tag"),
        ({"tags": [7]}, "tag"),
        ({"idempotency_key": "x" * 129}, "idempotency_key"),
        ({"priority": -1}, "priority"),
        ({"priority": 3601}, "priority"),
        ({"priority": 1.5}, "priority"),
        ({"expires_in_seconds": 0}, "expires_in_seconds"),
        ({"expires_in_seconds": 8 * 24 * 3600}, "expires_in_seconds"),
        ({"metadata": {"at": b""}}, "metadata.*'at'"),
        ({"metadata": ["a list"]}, "metadata"),
        ({"metadata": {"text": "x" * 16_384}}, "metadata"),
    ],
)
def test_options_out_of_their_limits_are_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        submit("echo", {"message": 1}, **{**ALICE, **options})
    assert not AsyncRequest.objects.exists()


def test_an_action_that_no_worker_knows_is_refused() -> None:
    class Unregistered(Handler[NoPayload]):
        action = "unregistered"

    class Other(Count):
        """Has the action of another handler."""

    for refuse in (lambda: submit("no_such_action", **ALICE), lambda: Unregistered.submit(**ALICE)):
        with pytest.raises(UnknownAction) as refused:
            refuse()
        assert refused.value.body()["code"] == "INVALID_ACTION"
    with pytest.raises(UnknownAction, match="Other"):
        Other.submit(**ALICE)


def test_the_limit_of_waiting_requests_holds_unless_it_is_lifted(settings: Settings) -> None:
    settings.STREAMER_MAX_WAITING_PER_USER = 1
    Count.submit({}, **ALICE)
    with pytest.raises(TooManyWaiting) as refused:
        Count.submit({}, **ALICE)
    assert refused.value.body()["code"] == "RATE_LIMITED" and refused.value.body()["retry_after"] > 0
    assert Count.submit({}, **ALICE, unlimited=True).created
    assert Count.submit({}, user_id="bob", tenant_id="acme").created
