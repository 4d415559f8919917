"""The admin's pages tell which web processes live, and which connections nobody holds any more."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from realtime.connections.processes import SILENCE
from realtime.models import Connection, WebProcess

pytestmark = pytest.mark.django_db

PROCESSES = "/admin/realtime/webprocess/"
CONNECTIONS = "/admin/realtime/connection/"


def badges(client: Client, url: str) -> list[str]:
    page = client.get(url).content.decode()
    return [name for name in ("Alive", "Silent", "Ended", "Open", "Lost", "Closed") if f">{name}</span>" in page]


@pytest.fixture
def processes() -> None:
    silent = timezone.now() - SILENCE - timedelta(seconds=1)
    WebProcess.objects.create(id="web-alive", connections=1)
    WebProcess.objects.create(id="web-silent", last_seen_at=silent)
    WebProcess.objects.create(id="web-ended", last_seen_at=silent, ended_at=silent)


def test_it_works(admin_client: Client, processes: None) -> None:
    assert badges(admin_client, PROCESSES) == ["Alive", "Silent", "Ended"]
    assert badges(admin_client, f"{PROCESSES}?q=web-alive") == ["Alive"]
    assert admin_client.get(f"{PROCESSES}web-alive/change/").status_code == 200
    assert admin_client.post(f"{PROCESSES}web-alive/change/", {"connections": 7}).status_code == 403


def test_the_list_tells_what_each_process_has_refused(admin_client: Client) -> None:
    WebProcess.objects.create(id="web-busy", refused={"messages.tenant": 1234, "connects.user": 2})
    assert "connects.user 2, messages.tenant 1,234" in admin_client.get(PROCESSES).content.decode()


@pytest.mark.parametrize(("server", "badge"), [("web-alive", "Open"), ("web-silent", "Lost"), ("web-ended", "Lost")])
def test_a_connection_is_shown_as_open_while_its_process_lives(
    admin_client: Client, processes: None, server: str, badge: str
) -> None:
    old = timezone.now() - 2 * SILENCE
    row = Connection.objects.create(tenant_id="acme", user_id="alice", server=server, last_seen_at=old)
    page = f"{CONNECTIONS}{row.id}/change/"
    assert badges(admin_client, CONNECTIONS) == badges(admin_client, page) == [badge]
    assert "Process last seen" in admin_client.get(page).content.decode()
