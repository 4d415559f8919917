"""The runbook is a page of the admin: each fault that can be found has its entry there."""

import re

import pytest
from django.test import Client

from jobs.metrics.faults.limits import SEVERITIES
from tests.jobs.admin.pages import sign_in_staff

pytestmark = pytest.mark.django_db
URL = "/admin/jobs/asyncrequest/runbook/"


def test_it_works(client: Client) -> None:
    page = sign_in_staff(client, "view_asyncrequest").get(URL).content.decode()
    entries = re.findall(r'<h2 id="(\w+)">Streamer', page)
    assert {name.lower() for name in SEVERITIES} <= set(entries)
    assert "<code>streamer_doctor" in page


def test_no_link_leads_out_of_the_admin(client: Client) -> None:
    page = sign_in_staff(client, "view_asyncrequest").get(URL).content.decode()
    text = page.partition('class="st-runbook"')[2]
    assert "storage" in text and not re.findall(r'href="(?!#|http|/)', text)


def test_it_is_for_those_who_may_see_requests(client: Client) -> None:
    assert sign_in_staff(client, "view_artifact").get(URL).status_code == 403
