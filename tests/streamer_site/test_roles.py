"""The roles of operators: their groups, and what each may open and do on every page of the admin."""

from collections.abc import Iterator
from itertools import chain
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from jobs.models import (
    DailyUsage,
    Dataset,
    LimitKind,
    LimitOverride,
    OperatorAct,
    PausedAction,
    PausedQueue,
    Status,
    TenantQuota,
)
from jobs.operations.roles import ADMINISTER, OF_JOBS, OF_RQ, OPERATE, ROLES, VIEW, fill_groups
from realtime.models import Connection, Membership, Revocation, WebProcess
from realtime.roles import OF_REALTIME
from tests.jobs.admin.pages import LIST, make_artifact, make_request

pytestmark = pytest.mark.django_db

NOBODY = "nobody"
"""Only a superuser, or no one at all."""
_OF_THE_SITE = {
    *("index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n"),
    *("view_on_site", "app_list"),
}
_FIVE = ("changelist", "history", "change", "add", "delete")
_RQ = {
    *("home", "home_json", "metrics", "jobs", "queue_details", "finished_jobs", "failed_jobs", "delete_failed_jobs"),
    *("scheduled_jobs", "started_jobs", "deferred_jobs", "clear", "requeue_all", "job_detail", "result_detail"),
    *("delete_job", "requeue_job", "enqueue_job", "stop_job", "confirm_action", "actions"),
    *("scheduler_jobs", "cron_job_detail", "cron_scheduler_detail", "workers", "worker_details"),
}


def pages_of(model: str, **roles: str) -> dict[str, str]:
    """Say which role opens the five pages that Django makes for a model. Looking is for ``VIEW`` unless told."""
    default = {"changelist": VIEW, "history": VIEW, "change": VIEW, "add": NOBODY, "delete": NOBODY}
    return {f"{model}_{page}": role for page, role in (default | roles).items()}


LEAST_ROLE: dict[str, str] = {
    **pages_of("jobs_asyncrequest"),
    **{f"jobs_asyncrequest_{page}": VIEW for page in ("changes", "live", "runbook")},
    **{f"jobs_asyncrequest_{verb}": OPERATE for verb in ("act", "cancel", "retry", "replay", "priority", "process")},
    "jobs_asyncrequest_prune": ADMINISTER,
    **pages_of("jobs_artifact"),
    **pages_of("jobs_dataset", delete=ADMINISTER),
    **pages_of("jobs_pausedaction", add=OPERATE, delete=OPERATE),
    **pages_of("jobs_pausedqueue"),
    **pages_of("jobs_limitoverride", add=OPERATE, delete=OPERATE),
    **pages_of("jobs_worker"),
    **pages_of("jobs_operatoract"),
    "jobs_operatoract_live": VIEW,
    "jobs_operatoract_stop": OPERATE,
    **pages_of("jobs_dailyusage"),
    **pages_of("jobs_tenantquota", add=ADMINISTER, delete=ADMINISTER),
    **pages_of("realtime_connection"),
    **{f"realtime_connection_{verb}": OPERATE for verb in ("end", "send")},
    **pages_of("realtime_webprocess"),
    **pages_of("realtime_revocation", add=ADMINISTER, delete=ADMINISTER),
    **{f"realtime_membership_{page}": ADMINISTER for page in _FIVE},
    **{f"django_rq_{page}": ADMINISTER for page in _RQ},
    "django_rq_dashboard_changelist": ADMINISTER,
    **{f"auth_{model}_{page}": NOBODY for model in ("user", "group") for page in _FIVE},
    "auth_user_password_change": NOBODY,
}


def patterns(of: Any) -> Iterator[URLPattern]:
    for one in of:
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns)
        else:
            yield one


def named_pages() -> dict[str, URLPattern]:
    """Map the name of each page of the admin that is about something to its pattern."""
    return {one.name: one for one in patterns(admin.site.get_urls()) if one.name and one.name not in _OF_THE_SITE}


@pytest.fixture(autouse=True)
def roles(db: None) -> None:
    """Fill the groups again, which go with the rows of any test that commits."""
    fill_groups(apps.get_app_config("jobs"), OF_JOBS)
    fill_groups(apps.get_app_config("realtime"), OF_REALTIME)
    fill_groups(apps.get_app_config("django_rq"), OF_RQ)


@pytest.fixture
def ids() -> dict[str, Any]:
    """Make a row of every model. Model → key."""
    row, now = make_request(Status.COMPLETED), timezone.now()
    owner = {"tenant_id": "acme", "user_id": "alice"}
    user = User.objects.create_user("alice")
    dataset = Dataset.objects.create(
        **owner, name="sales", filename="s.csv", format="csv", uploaded_bytes=1, size_bytes=1, sha256="0", rows=1,
        storage_name="datasets/none",
    )  # fmt: skip
    return {
        "asyncrequest": row.id,
        "artifact": make_artifact(row).id,
        "dataset": dataset.id,
        "pausedaction": PausedAction.objects.create(action="delay").pk,
        "pausedqueue": PausedQueue.objects.create(queue="ml").pk,
        "limitoverride": LimitOverride.objects.create(kind=LimitKind.QUEUE, name="ml", number=1).pk,
        "worker": "host/1",
        "operatoract": OperatorAct.objects.create(verb="cancel", via="admin", actor="olga", target="all").id,
        "dailyusage": DailyUsage.objects.create(tenant_id="acme", day=now.date()).pk,
        "tenantquota": TenantQuota.objects.create(tenant_id="acme").pk,
        "connection": Connection.objects.create(**owner, id=uuid4(), server="web").id,
        "webprocess": WebProcess.objects.create(id="web", last_seen_at=now).pk,
        "membership": Membership.objects.create(user=user, tenant_id="acme").pk,
        "revocation": Revocation.objects.create(tenant_id="gone", issued_before=now).pk,
        "user": user.pk,
        "group": Group.objects.create(name="others").pk,
    }


def member_of(role: str) -> Client:
    user = User.objects.create_user(f"in {role}", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def address_of(name: str, pattern: URLPattern, ids: dict[str, Any]) -> str:
    """Fill the values of an address in: the key of the model's row, and of RQ's things the first or an unknown one."""
    if name.startswith("django_rq"):
        values = {one: 0 if one.endswith("_index") else "none" for one in pattern.pattern.converters}
    else:
        values = dict.fromkeys(pattern.pattern.converters, ids[name.split("_")[1]])
    return reverse(f"admin:{name}", kwargs=values)


def test_it_works() -> None:
    names = {role: set(Group.objects.get(name=role).permissions.values_list("codename", flat=True)) for role in ROLES}
    assert names[VIEW] < names[OPERATE] < names[ADMINISTER]
    assert "change_asyncrequest" in names[OPERATE] and "delete_asyncrequest" not in names[OPERATE]
    assert {"delete_asyncrequest", "add_revocation", "admin"} <= names[ADMINISTER]
    assert all(name.startswith("view_") for name in names[VIEW])
    declared = set(chain.from_iterable(OF_JOBS.values()))
    known = set(Permission.objects.filter(content_type__app_label="jobs").values_list("codename", flat=True))
    assert declared <= known


def test_what_is_taken_from_a_role_is_put_back_and_what_is_added_stays() -> None:
    group = Group.objects.get(name=VIEW)
    added = Permission.objects.get(codename="view_user")
    group.permissions.set([added])
    Group.objects.get(name=OPERATE).delete()
    fill_groups(apps.get_app_config("jobs"), OF_JOBS)
    assert group.permissions.filter(codename="view_asyncrequest").exists()
    assert group.permissions.filter(id=added.id).exists() and Group.objects.filter(name=OPERATE).exists()


def test_permissions_that_do_not_exist_yet_are_made() -> None:
    Permission.objects.filter(content_type__app_label="jobs").delete()
    fill_groups(apps.get_app_config("jobs"), OF_JOBS)
    assert Group.objects.get(name=VIEW).permissions.filter(codename="view_asyncrequest").exists()


def test_every_page_of_the_admin_has_its_role() -> None:
    assert set(named_pages()) - set(LEAST_ROLE) == set()


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_its_pages_and_no_others(role: str, ids: dict[str, Any]) -> None:
    client = member_of(role)
    client.raise_request_exception = False  # RQ's own pages fail for a job that is not there
    wrong = []
    for name, pattern in sorted(named_pages().items(), key=lambda item: ("delete" in item[0], item[0])):
        least = LEAST_ROLE[name]
        may = least != NOBODY and ROLES.index(role) >= ROLES.index(least)
        address = address_of(name, pattern, ids)
        response = client.get(address)
        if response.status_code == 405:
            response = client.post(address)
        refused = response.status_code == 403
        if refused == may or (response.status_code >= 500 and not name.startswith("django_rq")):
            wrong.append(f"{name}: {response.status_code}")
    assert wrong == []


def test_a_role_is_offered_the_verbs_it_has() -> None:
    make_request()
    offered = {}
    for role in ROLES:
        page = member_of(role).get(LIST).content.decode()
        offered[role] = {verb for verb in ("cancel", "replay", "prune") if f"{verb}_selected" in page}
    assert offered == {VIEW: set(), OPERATE: {"cancel", "replay"}, ADMINISTER: {"cancel", "replay", "prune"}}


def test_a_verb_that_was_not_offered_is_refused() -> None:
    row = make_request(Status.COMPLETED)
    asked = {"verb": "prune", "selection": f'{{"ids": ["{row.id}"]}}'}
    assert member_of(OPERATE).post(f"{LIST}act/", asked).status_code == 403
    assert member_of(ADMINISTER).post(f"{LIST}act/", asked).status_code == 302
    assert not type(row).objects.exists()


def test_the_pages_of_rq_ask_those_to_sign_in_who_are_not(client: Client) -> None:
    assert client.get("/admin/django_rq/dashboard/")["Location"].startswith("/admin/login/")
    assert client.get("/admin/django_rq/dashboard/stats.json")["Location"].startswith("/admin/login/")
