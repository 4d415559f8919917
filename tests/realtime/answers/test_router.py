from typing import Any

import pytest

from jobs.contract.registry import all_handlers
from jobs.handler import Handler
from realtime.answers.refusal import Refusal
from realtime.answers.router import Mode, Route, route
from realtime.auth import Identity
from realtime.wire.messages import Request


def identity(*permissions: str) -> Identity:
    return Identity(user_id="alice", tenant_id="acme", permissions=frozenset(permissions), expires_at=0)


def route_to(action: str, payload: dict[str, Any] | None = None, *permissions: str, threshold: float = 5) -> Route:
    message = Request(action=action, payload=payload or {})
    return route(message, identity(*permissions), all_handlers(), inline_threshold_seconds=threshold)


def refusal_of(action: str, payload: dict[str, Any] | None = None, *permissions: str) -> Any:
    with pytest.raises(Refusal) as caught:
        route_to(action, payload, *permissions)
    return caught.value.error


def test_it_works() -> None:
    chosen = route_to("echo", {"message": "hi"})
    assert chosen.handler is all_handlers()["echo"] and chosen.mode is Mode.INLINE
    assert chosen.payload == chosen.handler.parse({"message": "hi"}) and chosen.estimated_seconds == 0.01


@pytest.mark.parametrize(
    ("action", "threshold", "mode"),
    [
        ("echo", 5, Mode.INLINE),
        ("echo_async", 5, Mode.QUEUED),
        ("echo_async", 6, Mode.INLINE),
        ("echo", 0.001, Mode.QUEUED),
        ("echo", 0.01, Mode.INLINE),
    ],
)
def test_the_estimate_decides_the_mode(action: str, threshold: float, mode: Mode) -> None:
    assert route_to(action, threshold=threshold).mode is mode


def test_the_payload_may_decide_the_estimate() -> None:
    assert route_to("delay", {"seconds": 60.0}).estimated_seconds == 60


def test_an_unknown_action_is_answered_with_those_the_token_may_do() -> None:
    error = refusal_of("no_such")
    assert error["code"] == "INVALID_ACTION" and "'no_such'" in error["message"]
    assert "echo" in error["details"]["actions"] and "zoo_locked" not in error["details"]["actions"]
    assert "zoo_locked" in refusal_of("no_such", None, "zoo.enter")["details"]["actions"]


@pytest.mark.parametrize("permissions", [("zoo.enter",), ("*",), ("other", "zoo.enter"), ("zoo.*",)])
def test_a_permission_opens_the_action(permissions: tuple[str, ...]) -> None:
    assert route_to("zoo_locked", None, *permissions).mode is Mode.INLINE


@pytest.mark.parametrize("permissions", [(), ("other",), ("zoo",), ("zoo*",), ("*.enter",), ("ZOO.ENTER",)])
def test_without_it_the_action_is_forbidden(permissions: tuple[str, ...]) -> None:
    error = refusal_of("zoo_locked", None, *permissions)
    assert error["code"] == "FORBIDDEN" and error["details"] == {"permission": "zoo.enter"}


def test_the_permission_is_asked_before_the_payload_is_looked_at() -> None:
    assert refusal_of("zoo_locked", {"wrong": 1})["code"] == "FORBIDDEN"


def test_a_payload_that_does_not_fit_is_refused_with_every_fault() -> None:
    error = refusal_of("zoo_count", {"updates": "many", "stages": None, "colour": 1})
    assert error["code"] == "VALIDATION_ERROR"
    assert {fault["path"] for fault in error["details"]["faults"]} == {"updates", "stages", "colour"}


def test_it_knows_no_handlers_but_those_it_is_given() -> None:
    handlers: dict[str, Handler[Any]] = {}
    with pytest.raises(Refusal):
        route(Request(action="echo"), identity("*"), handlers, inline_threshold_seconds=5)


def test_a_payload_may_ask_for_more_permissions() -> None:
    bulk = {"operation": {"type": "action", "action": "zoo_locked"}, "items": [{}]}
    error = refusal_of("bulk_operation", bulk, "bulk.run")
    assert (error["code"], error["details"]) == ("FORBIDDEN", {"permission": "zoo.enter"})
    chosen = route_to("bulk_operation", bulk, "bulk.run", "zoo.enter", threshold=1_000)
    assert chosen.mode is Mode.QUEUED  # however short: it needs a stored request


def test_what_is_queued_has_the_key_of_its_limits() -> None:
    assert route_to("zoo_outside", {"service": "erp"}).limit_key == "erp"
    assert route_to("zoo_outside", {"service": None}).limit_key is None
    assert route_to("zoo_outside", threshold=1_000).limit_key is None, "inline runs are not limited"


def test_a_bad_key_of_limits_is_a_fault_of_the_handler() -> None:
    error = refusal_of("zoo_bad_key")
    assert error["code"] == "INTERNAL_ERROR" and set(error["details"]) == {"correlation_id"}


SOURCE = {"type": "dataset", "dataset_id": "orders"}


@pytest.mark.parametrize(
    ("action", "payload", "permissions"),
    [
        ("process_data", {"pipeline": "clustering", "data_source": SOURCE}, ["data.process"]),
        (
            "bulk_operation",
            {"operation": {"type": "action", "action": "echo"}, "data_source": SOURCE},
            ["bulk.run"],
        ),
        (
            "bulk_operation",
            {"operation": {"type": "action", "action": "predict"}, "items": [{"data_source": SOURCE}]},
            ["bulk.run", "data.process"],
        ),
    ],
)
def test_stored_rows_need_the_permission_to_read_them(action: str, payload: Any, permissions: list[str]) -> None:
    error = refusal_of(action, payload, *permissions, "datasets.write")
    assert (error["code"], error["details"]) == ("FORBIDDEN", {"permission": "datasets.read"})
    assert error["message"] == "Your token lacks the permission 'datasets.read'"
    assert route_to(action, payload, *permissions, "datasets.read").mode is Mode.QUEUED


def test_what_is_internal_does_not_exist() -> None:
    error = refusal_of("bulk_share", {"operation": {"type": "action", "action": "echo"}, "on_error": "stop"}, "*")
    assert error["code"] == "INVALID_ACTION" and "bulk_share" not in error["details"]["actions"]
