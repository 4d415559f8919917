"""RQ's own pages work under the content policy, which allows them their own styles and nothing else."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from django.test import Client
from pytest_django import Settings

from jobs.queue.wakeups import _queue, ring
from streamer_site.rq_admin.policy import with_styles
from tests.jobs.queue.workers import register, silence

pytestmark = pytest.mark.django_db
ROOT = "/admin/django_rq/dashboard/"
"""The queue with the number 0 is ``bulk``, the first by name."""
PAGES = (
    *("", "workers/0/"),
    *(f"queues/0/{page}" for page in ("", "details/", "finished/", "failed/", "scheduled/", "started/", "deferred/")),
    *(f"queues/0/{page}" for page in ("empty/", "requeue-all/", "failed/clear/")),
)
_STYLE = re.compile(r'<style[^>]*>(.*?)</style>|\sstyle="([^"]*)"', re.DOTALL)


def policy_of(text: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in map(str.split, text.split(";"))}


def hash_of(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("path", PAGES)
def test_it_works(admin_client: Client, path: str) -> None:
    ring(["bulk"])
    answer = admin_client.get(f"{ROOT}{path}")
    assert answer.status_code == 200
    policy, page = policy_of(answer["Content-Security-Policy"]), answer.content.decode()
    styles = [element or attribute for element, attribute in _STYLE.findall(page)]
    assert {hash_of(style) for style in styles} <= set(policy["style-src"])
    assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=", page)


def test_some_have_styles(admin_client: Client) -> None:
    assert "<style>" in admin_client.get(ROOT).content.decode()


def test_nothing_else_is_allowed(admin_client: Client, settings: Settings) -> None:
    policy = admin_client.get(ROOT)["Content-Security-Policy"]
    assert policy.startswith(settings.CONTENT_SECURITY_POLICY) and "unsafe-inline" not in policy
    assert admin_client.get("/admin/")["Content-Security-Policy"] == settings.CONTENT_SECURITY_POLICY
    settings.CONTENT_SECURITY_POLICY = ""
    assert "Content-Security-Policy" not in admin_client.get(ROOT)


@pytest.mark.parametrize(
    ("policy", "styles"),
    [
        ("default-src 'self'", ["'self'"]),
        ("default-src 'none'; style-src 'self' https://cdn.example", ["'self'", "https://cdn.example"]),
        ("default-src 'none'", []),
    ],
)
def test_styles_are_added_to_those_of_the_setting(policy: str, styles: list[str]) -> None:
    directives = policy_of(with_styles(policy))
    assert directives["style-src"][: len(styles)] == styles and "'none'" not in directives["style-src"]
    assert [one for one in directives["style-src"][len(styles) :] if one.startswith("'sha256-")]
    assert directives["default-src"] == policy_of(policy)["default-src"]


@pytest.mark.parametrize("policy", ["", "img-src 'self'", "style-src 'self' 'unsafe-inline'"])
def test_a_policy_that_allows_all_styles_stays(policy: str) -> None:
    assert with_styles(policy) == policy


@pytest.mark.parametrize("page", ["", "delete/"])
def test_a_job_that_is_gone_is_not_found(admin_client: Client, page: str) -> None:
    assert admin_client.get(f"{ROOT}queues/0/gone/{page}").status_code == 404


def test_the_page_of_a_job_opens(admin_client: Client) -> None:
    ring(["bulk"])
    (job_id,) = _queue("bulk").job_ids
    page = admin_client.get(f"{ROOT}queues/0/{job_id}/")
    assert page.status_code == 200 and "jobs.execution.shift.work_shift" in page.content.decode()


def test_the_page_of_a_worker_opens_though_its_name_has_a_slash(admin_client: Client) -> None:
    worker = register("host/1")
    listed = admin_client.get(f"{ROOT}workers/0/").content.decode()
    (address,) = re.findall(rf"'({ROOT}workers/0/[^']+)'", listed)
    for shown in (address, f"{ROOT}workers/0/{worker.name}/"):
        assert "host/1" in admin_client.get(shown).content.decode()
    ring(["bulk"])
    (job,) = _queue("bulk").jobs
    worker.prepare_execution(job)
    assert "work_shift" in admin_client.get(address).content.decode()
    silence(worker)
    assert admin_client.get(f"{ROOT}workers/0/none/1/").status_code == 404
