from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import DailyUsage, TenantQuota
from jobs.usage.daily import day_of
from tests.jobs.admin.pages import sign_in_staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("midday")]
LIST = "/admin/jobs/dailyusage/"
QUOTAS = "/admin/jobs/tenantquota/"


def make(tenant: str = "acme", days_ago: int = 0, **use: Any) -> DailyUsage:
    return DailyUsage.objects.create(tenant_id=tenant, day=day_of(timezone.now()) - timedelta(days=days_ago), **use)


def test_it_works(client: Client) -> None:
    row = make(requests=12_345, worker_seconds=0.5, bytes_written=2048, refused=7)
    make("other", 70)
    viewer = sign_in_staff(client, "view_dailyusage")
    page = viewer.get(LIST).content.decode()
    assert "12,345" in page and "2 kB" in page and "other" in page
    assert 'data-label="other"' not in page
    for query, count in (("?period=today", 1), ("?period=month", 1), ("?tenant_id=other", 1), ("?q=acme", 1), ("", 2)):
        assert viewer.get(LIST + query).context["cl"].result_count == count
    assert viewer.get(f"{LIST}{row.id}/change/").status_code == 200
    assert viewer.post(f"{LIST}{row.id}/delete/", {"post": "yes"}).status_code == 403


def test_the_selected_days_are_exported(client: Client) -> None:
    rows = [make("=cmd()", 1, requests=2, worker_seconds=1.23456), make(requests=1, bytes_written=5), make("left out")]
    chosen = {"action": "export_as_csv", "_selected_action": [str(row.id) for row in rows[:2]]}
    answer = sign_in_staff(client, "view_dailyusage").post(LIST, chosen)
    assert answer["Content-Type"].startswith("text/csv") and "usage.csv" in answer["Content-Disposition"]
    assert answer.content.decode().splitlines() == [
        "tenant,day,requests,worker_seconds,bytes_written,refused",
        f"'=cmd(),{rows[0].day},2,1.235,0,0",
        f"acme,{rows[1].day},1,0.0,5,0",
    ]


def test_quotas_are_edited_by_who_may(client: Client) -> None:
    viewer = sign_in_staff(client, "view_tenantquota", "add_tenantquota", "change_tenantquota")
    assert viewer.post(f"{QUOTAS}add/", {"tenant_id": "acme", "requests": "5"}).status_code == 302
    row = TenantQuota.objects.get()
    assert (row.tenant_id, row.requests, row.worker_seconds, row.bytes_written) == ("acme", 5, None, None)
    assert viewer.post(f"{QUOTAS}acme/change/", {"requests": "", "bytes_written": "0"}).status_code == 302
    row.refresh_from_db()
    assert (row.requests, row.bytes_written) == (None, 0)
    assert viewer.post(f"{QUOTAS}add/", {"tenant_id": "b", "requests": "-1"}).status_code == 200
    assert TenantQuota.objects.count() == 1
