"""The rules of topics: who may do what. Alice is at acme, Charlie is at another tenant."""

from dataclasses import replace
from typing import Any

import pytest

from jobs.contract.topics import TopicPattern
from realtime.auth import Identity
from realtime.topics.rules import Act, check_topics, find_rule, rule_for
from tests.realtime.topics.conftest import Declare

TENANT = {"tenant.{tenant_id}.*": {"subscribe": True}}


def never(caller: Any, topic: str) -> bool:
    return False


async def never_awaited(caller: Any, topic: str) -> bool:
    return True


async def may(identity: Identity, name: str, act: Act = "subscribe") -> bool:
    return await rule_for(identity, name, act) is not None


def faults() -> list[tuple[str | None, str]]:
    return [(message.id, message.msg) for message in check_topics() if "tests.handlers" not in message.msg]


async def test_it_works(declare: Declare, alice: Identity, charlie: Identity) -> None:
    declare(TENANT)
    assert await may(alice, "tenant.acme.weather") and await may(alice, "tenant.acme.deep.er")
    assert not await may(charlie, "tenant.acme.weather") and await may(charlie, "tenant.other.weather")
    assert not await may(alice, "tenant.acme")


async def test_without_a_declaration_nothing_is_there(alice: Identity) -> None:
    assert not await may(alice, "tenant.acme.weather") and find_rule("tenant.acme.weather") is None


async def test_the_topic_of_requests_is_nobodys(declare: Declare, alice: Identity) -> None:
    assert not await may(alice, "requests") and not await may(alice, "requests", "publish")


async def test_following_and_publishing_are_apart(alice: Identity) -> None:
    reader = replace(alice, permissions=frozenset({"prices.read"}))
    writer = replace(alice, permissions=frozenset({"prices.write"}))
    name = "tenant.acme.prices.gold"
    assert await may(reader, name) and not await may(reader, name, "publish")
    assert not await may(writer, name) and await may(writer, name, "publish")
    assert not await may(replace(alice, permissions=frozenset()), name)


async def test_a_user_has_topics_of_its_own(alice: Identity, bob: Identity) -> None:
    assert await may(alice, "tenant.acme.users.alice.mail") and not await may(bob, "tenant.acme.users.alice.mail")


async def test_an_id_with_dots_reaches_nobody_elses_topics(declare: Declare, alice: Identity) -> None:
    declare(TENANT)
    for tenant, name in [
        ("acme.x", "tenant.acme.x.news2"),
        ("*", "tenant.acme.news2"),
        ("acme~2E", "tenant.acme~2E.b"),
    ]:
        assert not await may(replace(alice, tenant_id=tenant), name)
    assert await may(replace(alice, tenant_id="acme.x"), "tenant.acme~2Ex.news2")


async def test_a_check_has_the_last_word(alice: Identity, bob: Identity) -> None:
    assert await may(alice, "tenant.acme.checked.alice") and not await may(bob, "tenant.acme.checked.alice")
    # What is no True is no consent.
    assert not await may(alice, "tenant.acme.checked.alice", "publish")


async def test_the_settings_name_a_check(declare: Declare, alice: Identity) -> None:
    declare({"a.b": {"subscribe": {"check": "tests.realtime.topics.test_rules.never"}, "publish": {"permission": "x"}}})
    assert not await may(alice, "a.b") and await may(alice, "a.b", "publish")


@pytest.mark.parametrize("first", [True, False])
async def test_the_most_exact_pattern_counts_alone(declare: Declare, alice: Identity, first: bool) -> None:
    patterns = {**TENANT, "tenant.{tenant_id}.*.secret": {}}
    declare(patterns if first else dict(reversed(patterns.items())))
    assert await may(alice, "tenant.acme.plans") and not await may(alice, "tenant.acme.plans.secret")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("{", "not JSON"),
        ([], "object of patterns"),
        ({"a": 1}, "no object"),
        ({"a": {"subscribes": True}}, "did you mean 'subscribe'?"),
        ({"a": {"subscribe": 3}}, "subscribe: "),
        ({"a": {"subscribe": ""}}, "not empty"),
        ({"a": {"subscribe": {"check": "no.such"}}}, "cannot be imported"),
        ({"a": {"subscribe": {"check": "tests.realtime.topics.test_rules.never_awaited"}}}, "not an async one"),
        ({"a": {"history": {}}}, "name messages"),
        ({"a": {"history": 0}}, "1 to 10,000"),
        ({"a": {"history": {"messages": True}}}, "whole number"),
        ({"a": {"history": {"seconds": -1}}}, "more than 0"),
        ({"a": {"presence": "yes"}}, "True or False"),
        ({"a.{user_id}": {"presence": True}}, "needs {tenant_id}"),
        ({"{tenant_id}.a": {}}, "first segment"),
        ({"requests": {}}, "Streamer's own"),
        ({"a.b c": {}}, "is not a segment"),
        ({"a.{team}": {}}, "is not a segment"),
        ({".".join("a" * 17): {}}, "at most 16"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(declare: Declare, value: Any, text: str) -> None:
    declare(value)
    ((found, message),) = faults()
    assert found == "streamer.topics.E001" and message.startswith("STREAMER_TOPICS: ") and text in message


@pytest.mark.parametrize("option", [{"subscribe": True}, {"publish": "perm"}, {"history": 5}])
def test_what_a_handler_file_declares_wrongly_is_refused_there(option: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="or None"):
        TopicPattern("a.b", **option)


def test_two_patterns_of_the_same_topics_are_a_mistake(declare: Declare) -> None:
    declare({"tenant.{user_id}.news": {}})
    assert "streamer.topics.E002" in [found for found, _ in faults()]


def test_a_user_without_a_tenant_is_worth_a_warning(declare: Declare) -> None:
    declare({"user.{user_id}.*": {"subscribe": True}})
    assert [found for found, _ in faults()] == ["streamer.topics.W001"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STREAMER_MAX_TOPICS_PER_CONNECTION", -1),
        ("STREAMER_TOPIC_MESSAGES_PER_SECOND", -1.0),
        ("STREAMER_TOPIC_MESSAGE_BYTES", 0),
        ("STREAMER_TOPIC_MESSAGE_BYTES", 10**9),
    ],
)
def test_limits_without_sense_are_refused(settings: Any, name: str, value: float) -> None:
    setattr(settings, name, value)
    ((_, message),) = faults()
    assert name in message
