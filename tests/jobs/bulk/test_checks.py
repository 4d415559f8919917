"""Wrong definitions of entities are found at start-up."""

from typing import Any

import pytest
from pytest_django import Settings

from jobs.bulk.checks import check_entities

GOOD: dict[str, Any] = {"model": "shop.Customer", "fields": ["name"], "tenant_field": "tenant"}


def found(settings: Settings, **entities: dict[str, Any]) -> list[str | None]:
    settings.STREAMER_ENTITIES = entities
    return [message.id for message in check_entities()]


def test_it_works(settings: Settings) -> None:
    assert check_entities() == []
    assert found(settings, customers=GOOD, orders={**GOOD, "model": "shop.Order", "fields": ["customer"]}) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"model": "shop.Nothing"}, "E001"),
        ({"model": "nonsense"}, "E001"),
        ({"no_such_part": 1}, "E001"),
        ({"fields": ["no_such_field"]}, "E002"),
        ({"tenant_field": "no_such_field"}, "E002"),
        ({"fields": ["order"]}, "E002"),
        ({"fields": ["name", "tenant"]}, "E003"),
        ({"key": "name"}, "E004"),
        ({"model": "shop.Order", "fields": ["customer"]}, "E006"),
        ({"fields": ["id"]}, "W001"),
    ],
)
def test_a_wrong_definition(settings: Settings, changes: dict[str, Any], fault: str) -> None:
    assert found(settings, one={**GOOD, **changes}) == [f"streamer.bulk.{fault}"]


def test_a_key_that_is_unique_within_a_tenant(settings: Settings) -> None:
    assert found(settings, one={**GOOD, "key": "email"}) == []
