"""The key of a request, named by its handler when it is submitted; a bad one is a fault of the handler."""

import logging
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from jobs.contract.registry import find_handler
from jobs.handler import Handler, NoPayload, RequestRefused, submit
from jobs.models import AsyncRequest
from tests.handlers.limits import BadKey, Outside

OWNER: Any = {"user_id": "alice", "tenant_id": "acme"}
BAD_KEYS = [7, "", "x" * 65, b"crm", "nul\0", "\ud800", LookupError("a secret of the inside")]


@pytest.mark.django_db(transaction=True)
def test_it_works() -> None:
    handle = submit("zoo_outside", {"service": "x" * 64}, **OWNER)
    assert AsyncRequest.objects.get(id=handle.id).limit_key == "x" * 64
    assert AsyncRequest.objects.get(id=submit("zoo_outside", {"service": None}, **OWNER).id).limit_key is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_bad_key_is_a_fault_of_the_handler(
    key: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(find_handler("zoo_bad_key"), "key", key)
    with caplog.at_level(logging.ERROR), pytest.raises(RequestRefused) as refused:
        submit("zoo_bad_key", **OWNER)
    assert refused.value.error["code"] == "INTERNAL_ERROR"
    assert refused.value.error["details"]["correlation_id"] == caplog.records[-1].__dict__["correlation_id"]
    assert "secret" not in str(refused.value.error)
    assert not AsyncRequest.objects.exists()


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, "2"])
@pytest.mark.parametrize("name", ["limit_running", "limit_per_minute"])
def test_a_limit_is_a_whole_number_from_one_on(name: str, limit: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="whole numbers from 1 on"):
        type("Bad", (Outside,), {"action": "bad", name: limit})


def test_a_limit_needs_a_key_and_a_key_a_limit() -> None:
    with pytest.raises(ImproperlyConfigured, match="need a limit_key"):

        class NoKey(Handler[NoPayload]):
            action = "no_key"
            limit_running = 1

    with pytest.raises(ImproperlyConfigured, match="limits nothing"):
        type("NoLimit", (BadKey,), {"action": "no_limit", "limit_running": None})
