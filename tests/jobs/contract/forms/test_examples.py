"""Examples of handlers: checked at start-up, and offered only where they can be run."""

from collections.abc import Iterator

import pytest

from jobs.contract import registry
from jobs.contract.discovery.gathering import Discovery
from jobs.contract.registry import all_handlers, check_forms, fault_of_example
from jobs.handler import Context, Example, Handler, Payload


class CountPayload(Payload):
    texts: list[str]


class Count(Handler[CountPayload]):
    action = "count_for_examples"
    examples = (Example(title="Two texts", payload={"texts": ["a", "b"]}), Example(title="Wrong", payload={"texts": 1}))

    def run(self, payload: CountPayload, context: Context) -> dict[str, int]:
        return {"texts": len(payload.texts)}


@pytest.fixture
def only_count(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    found = Discovery(handlers={Count.action: Count()}, messages=[])
    monkeypatch.setattr(registry, "discovered", lambda: found)
    yield


@pytest.mark.usefixtures("only_count")
def test_an_example_that_does_not_fit_is_a_warning_with_its_title() -> None:
    [warning] = check_forms()
    assert warning.id == "streamer.handlers.W006" and not warning.is_serious(40)
    assert "Count: the payload of the example 'Wrong' does not fit: texts" in warning.msg


def test_the_built_in_examples_fit() -> None:
    examples = [(handler, example) for handler in all_handlers().values() for example in handler.examples]
    assert len(examples) >= 3
    assert [fault_of_example(handler, example) for handler, example in examples] == [""] * len(examples)
