"""Operators send messages to connections, end them and see their health, if they may."""

import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from realtime.models import Connection
from realtime.shared import registry
from tests.realtime.sending.conftest import OpenKnown, write_rows
from tests.realtime.sending.conftest import open_known as open_known
from tests.realtime.sending.conftest import patient_questions as patient_questions
from tests.realtime.sockets import aside

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/realtime/connection/"


@pytest.fixture
async def staff(django_user_model: Any) -> Any:
    """Return ``await staff("view_connection", …)``, a client of a member of the staff with these permissions."""

    def sign_in(permissions: tuple[str, ...]) -> Client:
        user = django_user_model.objects.create_user(f"operator-{uuid.uuid4().hex[:8]}", password="x", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return client

    async def make(*permissions: str) -> Client:
        return await aside(sign_in, permissions)

    return make


async def read(client: Client, url: str, **data: Any) -> str:
    answer = await aside(client.get, url, data)
    return str(answer.content.decode())


async def post(client: Client, url: str, **data: Any) -> str:
    answer = await aside(client.post, url, data, follow=True)
    return str(answer.content.decode()) if answer.status_code == 200 else str(answer.status_code)


async def test_it_works(open_known: OpenKnown, staff: Any) -> None:
    connection_id, socket = await open_known()
    await write_rows()
    client = await staff("view_connection", "change_connection")
    page = await read(client, f"{LIST}{connection_id}/change/")
    assert "End this connection" in page and "Send a message" in page and "not measured yet" in page
    assert "1 connection was sent the message." in await post(
        client, f"{LIST}{connection_id}/send/", text="We stop <at> noon"
    )
    assert (await socket.hear("message"))["data"] == "We stop <at> noon"
    assert "1 open connection is being ended" in await post(client, f"{LIST}{connection_id}/end/")
    await write_rows()
    assert (await socket.hear_goodbye())["code"] == 4501


async def test_a_selection_is_sent_a_message_after_a_page_that_asks_for_it(open_known: OpenKnown, staff: Any) -> None:
    connection_id, socket = await open_known()
    _, other = await open_known(user="bob")
    await write_rows()
    gone = await aside(
        Connection.objects.create, tenant_id="acme", user_id="gone", server="web", closed_at="2024-01-01T00:00Z"
    )
    client = await staff("view_connection", "change_connection")
    wish = {"action": "send_selected", "_selected_action": [str(connection_id), str(gone.id)]}
    page = await post(client, LIST, **wish)
    assert "1 selected connection is open" in page and f'value="{connection_id}"' in page
    assert "This field is required" in await post(client, LIST, **wish, send="yes", text=" ")
    assert "may have 65,536 bytes" in await post(client, LIST, **wish, send="yes", text="x" * 70_000)
    assert "1 connection was sent the message." in await post(client, LIST, **wish, send="yes", text="Hello")
    assert (await socket.hear("message"))["data"] == "Hello"
    assert (await other.ask(type="ping"))["type"] == "pong"


async def test_who_may_only_look_sends_and_ends_nothing(open_known: OpenKnown, staff: Any) -> None:
    connection_id, socket = await open_known()
    await write_rows()
    looks, nobody = await staff("view_connection"), await staff()
    assert "End this connection" not in await read(looks, f"{LIST}{connection_id}/change/")
    for client in (looks, nobody):
        assert await post(client, f"{LIST}{connection_id}/send/", text="Hello") == "403"
        assert await post(client, f"{LIST}{connection_id}/end/") == "403"
    await post(looks, LIST, action="send_selected", _selected_action=[str(connection_id)], send="yes", text="Hello")
    assert (await socket.ask(type="ping"))["type"] == "pong"
    ends = await staff("view_connection", "change_connection")
    assert await post(ends, f"{LIST}{uuid.uuid4()}/send/", text="Hello") == "404"
    assert (await aside(ends.get, f"{LIST}{connection_id}/send/")).status_code == 405


async def test_the_list_shows_health_and_finds_those_with_problems(open_known: OpenKnown, staff: Any) -> None:
    connection_id, _ = await open_known(user="well")
    ill_id, _ = await open_known(user="ill")
    await write_rows()
    registry().open[connection_id].transport = SimpleNamespace(round_trip_seconds=0.0124, unanswered_seconds=0.0)
    registry().open[ill_id].transport = SimpleNamespace(round_trip_seconds=None, unanswered_seconds=12.0)
    client = await staff("view_connection")
    page = await read(client, LIST)
    assert "A ping took 12 ms" in page and "no pong" in page
    page = await read(client, LIST, health="unhealthy")
    assert ">ill<" in page and ">well<" not in page
