"""Fields that an action does not know: left out with a warning, or a fault where somebody asked for that."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field
from pytest_django import Settings

from jobs.contract.base import warnings_about
from jobs.handler import Handler, InvalidPayload, Payload


class Filters(Payload):
    region: str = "north"
    years: list[int] = []


class Above(Payload):
    kind: Literal["above"]
    limit: int


class Named(Payload):
    kind: Literal["named"]
    name: str


class FindPayload(Payload):
    start: int
    draft: bool = False
    filters: Filters | None = None
    steps: list[Annotated[Above | Named, Field(discriminator="kind")]] = []


class Find(Handler[FindPayload]):
    action = "find_it"


class Strict(Find):
    action = "find_strictly"
    strict = True


class Lenient(Find):
    action = "find_leniently"
    strict = False


def warned(payload: dict[str, Any], handler: Handler[Any] | None = None) -> dict[str, str]:
    return {one["path"]: one["message"] for one in warnings_about((handler or Find()).parse(payload))}


def test_it_works() -> None:
    sent = {"start": 1, "timestamp": 5}
    assert Find().parse(sent).start == 1 and sent == {"start": 1, "timestamp": 5}
    assert warned(sent) == {"timestamp": "this action has no such field (ignored)"}
    assert warned({"start": 1}) == {}


def test_a_misspelt_field_is_told_with_the_one_that_was_meant() -> None:
    found = warned({"start": 1, "darft": True, "filters": {"reigon": "south"}})
    assert found["darft"] == "this action has no such field; did you mean 'draft'? (ignored)"
    assert found["filters.reigon"] == "this action has no such field; did you mean 'region'? (ignored)"


def test_fields_at_any_depth_are_told_with_the_path_that_was_sent() -> None:
    steps = [{"kind": "above", "limit": 1, "limits": 2}, {"kind": "named", "name": "x", "colour": {"deep": 1}}]
    found = warned({"start": 1, "steps": steps, "filters": {"years": [1], "x": None}})
    assert set(found) == {"steps[0].limits", "steps[1].colour", "filters.x"}
    assert "did you mean 'limit'?" in found["steps[0].limits"]


def test_with_another_fault_the_unknown_ones_are_told_too() -> None:
    with pytest.raises(InvalidPayload) as caught:
        Find().parse({"strat": 1})
    faults = {fault["path"]: fault["message"] for fault in caught.value.faults}
    assert set(faults) == {"start", "strat"} and "did you mean 'start'?" in faults["strat"]


def test_a_handler_or_the_setting_makes_it_a_fault(settings: Settings) -> None:
    sent = {"start": 1, "colour": "red"}
    with pytest.raises(InvalidPayload, match="colour: this action has no such field"):
        Strict().parse(sent)
    settings.STREAMER_STRICT_PAYLOADS = True
    with pytest.raises(InvalidPayload, match="colour"):
        Find().parse(sent)
    assert set(warned(sent, Lenient())) == {"colour"}


def test_a_payload_of_mostly_unknown_fields_is_refused() -> None:
    assert len(warned({"start": 1, **{f"x{number}": 0 for number in range(100)}})) == 100
    with pytest.raises(InvalidPayload, match="this action has no such field"):
        Find().parse({"start": 1, **{f"x{number}": 0 for number in range(101)}})
