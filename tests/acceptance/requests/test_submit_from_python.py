"""Requests that code of another process submits, with rows of its own."""

import json
import textwrap
from typing import Any

import pytest

from tests.acceptance.client import connect
from tests.acceptance.streams import attempts
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]

# What a view of a project does; its own rows are groups.
_SUBMIT = """
import json
from contextlib import suppress
from django.contrib.auth.models import Group
from django.db import transaction
from tests.handlers.zoo import Count

owner = {{"user_id": "{user}", "tenant_id": "acme"}}
with suppress(ZeroDivisionError), transaction.atomic():
    Group.objects.create(name="{user} rolled back")
    Count.submit({{"updates": 1}}, **owner, idempotency_key="one")
    raise ZeroDivisionError
with transaction.atomic():
    Group.objects.create(name="{user} committed")
    handle = Count.submit({{"updates": 50}}, **owner, idempotency_key="one")
    seen_inside = handle.status
state = handle.wait(30)
again = Count.submit({{"updates": 50}}, **owner, idempotency_key="one")
print(json.dumps({{
    "request_id": str(handle.id),
    "created": [handle.created, again.created],
    "statuses": [seen_inside, state.status],
    "result": state.result,
    "events": list(handle.events()),
    "groups": list(Group.objects.filter(name__startswith="{user}").values_list("name", flat=True)),
}}))
"""


def submit_in_another_process(live: LiveStack, user: str) -> dict[str, Any]:
    code = textwrap.dedent(_SUBMIT.format(user=user))
    printed: dict[str, Any] = json.loads(live.stack.manage("shell", "--verbosity", "0", "-c", code))
    return printed


async def test_it_works(live_stack: LiveStack, alice: str) -> None:
    seen = submit_in_another_process(live_stack, alice)
    assert seen["statuses"] == ["pending", "completed"] and seen["result"] == {"updates": 50}
    assert seen["created"] == [True, False] and seen["groups"] == [f"{alice} committed"]
    async with connect(live_stack, alice) as client:
        await client.follow(seen["request_id"])
        stream = await client.whole_stream(seen["request_id"])
        listed = await client.ask("list")
    assert stream == seen["events"] and attempts(stream) == [1]
    assert [row["request_id"] for row in listed["requests"]] == [seen["request_id"]]
