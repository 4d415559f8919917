"""Topics that handlers declare, while their files change."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from jobs.contract import registry
from jobs.contract.registry import discovered, handlers_reloaded
from jobs.handler import TopicAccess, TopicPattern
from realtime.topics.rules import find_rule

FRESH = "tenant.acme.fresh"


@pytest.fixture
def rules_of_before() -> Iterator[None]:
    yield
    handlers_reloaded.send(sender=None)


def test_a_topic_of_new_code_can_be_followed(rules_of_before: None) -> None:
    assert find_rule(FRESH) is None
    pattern = TopicPattern("tenant.{tenant_id}.fresh", subscribe=TopicAccess())
    undo = registry.replace(replace(discovered(), topics=[pattern]))
    handlers_reloaded.send(sender=None)
    try:
        assert find_rule(FRESH) is not None
    finally:
        undo()
