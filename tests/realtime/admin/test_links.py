"""The admin leads to the console those whose own tokens show the request there, and keeps what they do to sockets."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from realtime.http.console import console_url
from realtime.models import Connection, Membership
from tests.jobs.admin.pages import make_request, page_of, sign_in_staff

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("tenant_id", "permissions", "user_id", "leads"),
    [
        ("acme", [], "operator", True),
        ("acme", ["tenant.read"], "alice", True),
        ("acme", ["*"], "alice", False),
        ("other", ["tenant.read"], "operator", False),
        (None, [], "operator", False),
    ],
)
def test_the_console_is_a_link_for_those_who_see_the_request_there(
    client: Client, tenant_id: str | None, permissions: list[str], user_id: str, leads: bool
) -> None:
    sign_in_staff(client, "view_asyncrequest")
    if tenant_id:
        Membership.objects.create(user=User.objects.get(), tenant_id=tenant_id, permissions=permissions)
    row = make_request(user_id=user_id)
    assert (f'href="{console_url(row.id)}"' in client.get(page_of(row)).content.decode()) is leads


def test_what_is_done_to_a_connection_is_kept_with_who_did_it(client: Client) -> None:
    operator = sign_in_staff(client, "view_connection", "change_connection")
    row = Connection.objects.create(tenant_id="acme", user_id="alice", server="gone")
    page = f"/admin/realtime/connection/{row.id}"
    operator.post(f"{page}/end/")
    chosen = {"action": "revoke_selected", "_selected_action": [str(row.id)]}
    operator.post("/admin/realtime/connection/", chosen)
    acts = LogEntry.objects.order_by("id").values_list("user__username", "change_message")
    assert [*acts] == [("operator", "Ended"), ("operator", "Tokens of its user revoked")]
    assert "Tokens of its user revoked" in operator.get(f"{page}/change/").content.decode()
