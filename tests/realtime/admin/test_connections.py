"""The admin's pages about people and their sockets, and the first page with the state of the service."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import redis
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.models import AsyncRequest, Status
from realtime.admin.closings import CLOSINGS, advice, closing
from realtime.models import Connection, Membership, Revocation
from realtime.wire.close_codes import CloseCode

pytestmark = pytest.mark.django_db

LIST = "/admin/realtime/connection/"
MEMBERSHIPS = "/admin/realtime/membership/"
HOSTILE = "</script><img src=x onerror=alert(1)>"


def make_connection(**fields: Any) -> Connection:
    return Connection.objects.create(**{"tenant_id": "acme", "user_id": "alice", "server": "web-1", **fields})


def make_request(connection_id: UUID | None = None, **fields: Any) -> AsyncRequest:
    owner = {"tenant_id": "acme", "user_id": "alice", "action": "delay", "queue": "default"}
    return AsyncRequest.objects.create(connection_id=connection_id, **{**owner, **fields})


def page_of(row: Connection) -> str:
    return f"{LIST}{row.id}/change/"


@pytest.fixture
def staff(client: Client, django_user_model: Any) -> Any:
    """Return ``staff("view_connection", …)``, which signs in a member of the staff with these permissions."""

    def sign_in(*permissions: str) -> Client:
        user = django_user_model.objects.create_user("operator", password="x", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client.force_login(user)
        return client

    return sign_in


def test_the_users_of_connections_can_be_revoked_by_who_may(staff: Any) -> None:
    rows = [make_connection(), make_connection(closed_at=timezone.now()), make_connection(tenant_id="other")]
    make_connection(user_id="bob")
    wish = {"action": "revoke_selected", "_selected_action": [str(row.id) for row in rows]}
    client = staff("view_connection")
    client.post(LIST, wish)
    assert not Revocation.objects.exists()
    client.logout()
    User.objects.all().delete()
    Revocation.objects.all().delete()
    page = staff("view_connection", "change_connection").post(LIST, wish, follow=True).content.decode()
    assert set(Revocation.objects.values_list("tenant_id", "user_id")) == {("acme", "alice"), ("other", "alice")}
    assert "The tokens of 2 users are void" in page


def test_open_connections_can_be_ended_by_who_may(staff: Any) -> None:
    rows = [make_connection(), make_connection(), make_connection(closed_at=timezone.now())]
    wish = {"action": "end_selected", "_selected_action": [str(row.id) for row in rows]}
    client = staff("view_connection")
    client.post(LIST, wish)
    assert not Connection.objects.filter(revoked_at__isnull=False).exists()
    client.logout()
    User.objects.all().delete()
    client = staff("view_connection", "change_connection")
    answer = client.post(LIST, wish, follow=True).content.decode()
    assert "2 open connections are being ended" in answer
    assert Connection.objects.filter(revoked_at__isnull=False).count() == 2
    assert "To be ended since" in client.get(page_of(rows[0])).content.decode()


@pytest.mark.parametrize("selected", ["no-uuid", "\x00", "9" * 50])
def test_a_selection_that_no_page_offered_is_refused(selected: str, staff: Any) -> None:
    client = staff("view_connection", "change_connection")
    make_connection()
    answer = client.post(LIST, {"action": "end_selected", "_selected_action": selected})
    assert answer.status_code == 400


def test_it_works(staff: Any) -> None:
    client = staff("view_connection")
    row = make_connection(address="203.0.113.9", user_agent="Agent/1.0", messages_out=1234)
    assert "203.0.113.9" in client.get(LIST).content.decode()
    page = client.get(page_of(row)).content.decode()
    assert "Agent/1.0" in page and "1,234" in page and ">Open</span>" in page


@pytest.mark.parametrize("path", ["", "{id}/change/"])
def test_nobody_sees_connections_without_the_permission(client: Client, staff: Any, path: str) -> None:
    url = LIST + path.format(id=make_connection().id)
    assert client.get(url)["Location"].startswith("/admin/login/")
    assert staff("view_asyncrequest").get(url).status_code == 403


def test_not_even_a_superuser_edits_adds_or_deletes(admin_client: Client) -> None:
    row = make_connection()
    assert admin_client.post(page_of(row), {"user_id": "eve"}).status_code == 403
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{row.id}/delete/", {"post": "yes"}).status_code == 403


def test_nothing_a_client_sent_becomes_markup(admin_client: Client) -> None:
    row = make_connection(user_agent=HOSTILE, user_id=HOSTILE, tenant_id=HOSTILE, permissions=[HOSTILE])
    make_request(row.id, message=HOSTILE)
    for url in (LIST, page_of(row)):
        page = admin_client.get(url).content.decode()
        assert "onerror" in page and "<img src=x" not in page


def test_every_close_code_of_ours_has_words_and_advice() -> None:
    for code in CloseCode:
        assert CLOSINGS[code]
        assert ("may reconnect" in advice(code)) == code.reconnect
    assert advice(1000) == ""


def test_the_end_of_a_connection_is_said_in_words() -> None:
    now = timezone.now()
    assert closing(Connection()) == ""
    assert closing(Connection(closed_at=now, close_code=4002)) == "4002: the client read too slowly"
    assert closing(Connection(closed_at=now, close_reason="server_lost")) == "server lost"
    assert closing(Connection(closed_at=now, close_reason="client")) == "the client was lost"
    assert closing(Connection(closed_at=now, close_code=3999)) == "3999: no reason given"


def found(client: Client, **parameters: str) -> set[str]:
    return {row.user_id for row in client.get(LIST, parameters).context["cl"].result_list}


def test_filters_and_search_find_the_right_ones(staff: Any) -> None:
    client = staff("view_connection")
    make_connection(user_id="open", server="web-2", address="203.0.113.9")
    make_connection(user_id="shut", closed_at=timezone.now(), close_code=4002, tenant_id="globex")
    assert found(client, state="open") == {"open"} == found(client, server="web-2") == found(client, q="203.0.113.9")
    assert found(client, state="closed") == {"shut"} == found(client, close_code="4002")
    assert found(client, tenant_id="globex") == {"shut"}
    assert found(client, close_code="nonsense") == {"open", "shut"}


def test_the_number_of_queries_does_not_grow_with_the_rows(staff: Any, django_assert_max_num_queries: Any) -> None:
    client = staff("view_connection")
    Connection.objects.bulk_create(Connection(tenant_id="acme", user_id="alice", server="web-1") for _ in range(60))
    with django_assert_max_num_queries(12):
        assert len(client.get(LIST).context["cl"].result_list) == 50


def test_its_page_lists_the_newest_requests_that_came_over_it(staff: Any, django_assert_max_num_queries: Any) -> None:
    client = staff("view_connection", "view_asyncrequest")
    row, start = make_connection(), timezone.now()
    requests = [make_request(row.id, created_at=start - timedelta(minutes=n)) for n in range(101)]
    other = make_request(make_connection().id)
    with django_assert_max_num_queries(8):
        page = client.get(page_of(row)).content.decode()
    shown = set(re.findall(r"/admin/jobs/asyncrequest/([0-9a-f-]{36})/change/", page))
    assert shown == {str(request.id) for request in requests[:100]} and str(other.id) not in shown
    assert "The newest 100 are shown" in page


def test_its_requests_are_for_those_who_may_see_requests(staff: Any) -> None:
    client = staff("view_connection")
    row = make_connection()
    request = make_request(row.id)
    assert str(request.id) not in client.get(page_of(row)).content.decode()


@pytest.fixture
def bob(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("bob")


def save_membership(client: Client, user: Any, permissions: str) -> Any:
    return client.post(f"{MEMBERSHIPS}add/", {"user": user.pk, "tenant_id": "acme", "permissions": permissions})


def test_permissions_are_written_one_a_line_and_kept_as_a_list(admin_client: Client, bob: Any) -> None:
    save_membership(admin_client, bob, "reports.generate\r\n\r\n ml.train \nreports.generate")
    membership = Membership.objects.get()
    assert membership.permissions == ["reports.generate", "ml.train"]
    page = admin_client.get(f"{MEMBERSHIPS}{membership.pk}/change/").content.decode()
    assert "reports.generate\nml.train</textarea>" in page


def test_no_permissions_is_an_empty_list(admin_client: Client, bob: Any) -> None:
    save_membership(admin_client, bob, "")
    assert Membership.objects.get().permissions == []


@pytest.mark.parametrize("written", ['["reports.generate"]', "a, b", '{"a": 1}', "<b>", "**"])
def test_what_is_no_name_is_refused_and_named(admin_client: Client, bob: Any, written: str) -> None:
    response = save_membership(admin_client, bob, written)
    (error,) = response.context["adminform"].form.errors["permissions"]
    assert error.startswith("Not the name of a permission: ")
    assert not Membership.objects.exists()


def test_the_help_names_what_the_handlers_ask_for(admin_client: Client) -> None:
    page = admin_client.get(f"{MEMBERSHIPS}add/").content.decode()
    assert "<code>reports.generate</code> for generate_report" in page
    assert "<code>datasets.read</code> for bulk_operation, generate_report, predict, preview_data, process_data" in page


def test_a_membership_can_be_looked_at_without_the_right_to_change_it(staff: Any, bob: Any) -> None:
    client = staff("view_membership")
    row = Membership.objects.create(user=bob, tenant_id="acme", permissions=["reports.generate"])
    url = f"{MEMBERSHIPS}{row.pk}/change/"
    assert "reports.generate" in client.get(url).content.decode()
    assert client.post(url, {"tenant_id": "globex"}).status_code == 403


def test_the_page_of_a_user_gives_tenant_and_permissions(admin_client: Client, bob: Any) -> None:
    url = f"/admin/auth/user/{bob.pk}/change/"
    assert "membership-0-permissions" in admin_client.get(url).content.decode()
    form = {"username": "bob", "date_joined_0": "2025-01-01", "date_joined_1": "00:00:00", "is_active": "on"}
    management = {"membership-TOTAL_FORMS": "1", "membership-INITIAL_FORMS": "0"}
    fields = {"membership-0-tenant_id": "globex", "membership-0-permissions": "*", "membership-0-user": bob.pk}
    assert admin_client.post(url, {**form, **management, **fields}).status_code == 302
    membership = Membership.objects.get(user=bob)
    assert (membership.tenant_id, membership.permissions) == ("globex", ["*"])
    assert "globex" in admin_client.get("/admin/auth/user/").content.decode()


def test_a_user_can_be_saved_without_a_membership(admin_client: Client, bob: Any) -> None:
    form = {"username": "bob", "date_joined_0": "2025-01-01", "date_joined_1": "00:00:00", "email": "b@example.com"}
    management = {"membership-TOTAL_FORMS": "1", "membership-INITIAL_FORMS": "0"}
    empty = {"membership-0-tenant_id": "", "membership-0-permissions": "", "membership-0-user": bob.pk}
    assert admin_client.post(f"/admin/auth/user/{bob.pk}/change/", {**form, **management, **empty}).status_code == 302
    bob.refresh_from_db()
    assert bob.email == "b@example.com" and not Membership.objects.exists()


def test_users_are_listed_with_few_queries(
    admin_client: Client, django_user_model: Any, django_assert_max_num_queries: Any
) -> None:
    users = django_user_model.objects.bulk_create(django_user_model(username=f"user{n}") for n in range(40))
    Membership.objects.bulk_create(Membership(user=user, tenant_id="acme") for user in users[:30])
    with django_assert_max_num_queries(8):
        admin_client.get("/admin/auth/user/")


def figures(page: str) -> dict[str, int]:
    pairs = re.findall(r"<strong>(\d+)</strong><span>([^<]+)</span>", page)
    return {label: int(count) for count, label in pairs}


def test_the_first_page_shows_the_state_of_the_service(admin_client: Client) -> None:
    now = timezone.now()
    for status in (Status.PENDING, Status.RETRYING, Status.PROCESSING, Status.COMPLETED):
        make_request(status=status)
    make_request(status=Status.FAILED, finished_at=now - timedelta(hours=23))
    make_request(status=Status.FAILED, finished_at=now - timedelta(hours=25))
    make_connection()
    make_connection(closed_at=now)
    page = admin_client.get("/admin/").content.decode()
    assert figures(page) == {"Waiting": 2, "Running": 1, "Failed in 24 h": 1, "Open connections": 1}
    assert "Database: ok" in page and "Sweeper: 0 alive" in page


def test_each_figure_leads_to_the_list_it_counts(admin_client: Client) -> None:
    make_request(status=Status.PENDING)
    make_request(status=Status.FAILED, finished_at=timezone.now())
    make_request(status=Status.FAILED, finished_at=timezone.now() - timedelta(days=2))
    page = admin_client.get("/admin/").content.decode()
    links = re.findall(r'href="([^"]+)"><strong>(\d+)</strong>', page)
    assert len(links) == 4
    for url, count in links:
        listed = admin_client.get(url.replace("&amp;", "&")).context["cl"].result_count
        assert listed == int(count)


def test_the_first_page_counts_only_what_its_reader_may_see(client: Client, staff: Any) -> None:
    make_request()
    assert figures(staff("view_connection").get("/admin/").content.decode()) == {"Open connections": 0}
    client.logout()
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


def test_the_first_page_stands_when_redis_is_away(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = redis.Redis(port=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))
    for module in ("health.probes", "presence"):
        monkeypatch.setattr(f"jobs.queue.{module}.redis_connection", lambda: nobody)
    page = admin_client.get("/admin/").content.decode()
    assert "Database: ok" in page and "Redis: away" in page and "Workers: away" in page


def test_the_site_says_its_name(client: Client) -> None:
    page = client.get("/admin/login/").content.decode()
    assert "| Streamer</title>" in page and "Streamer</a>" in page
