"""The tag that shows a request on any page of a project."""

import re
from uuid import UUID

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, Template

from jobs.models import AsyncRequest
from realtime.scoped_tokens import verify_scoped_token
from tests.jobs.building import make_submission, row_of, store

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def row() -> AsyncRequest:
    return row_of(store(make_submission("zoo_file")))


def render(row: AsyncRequest, arguments: str = "") -> str:
    template = Template(f"{{% load streamer %}}{{% streamer_progress request {arguments} %}}")
    return template.render(Context({"request": row, "text": "<b> &"}))


def attribute(html: str, name: str) -> str:
    found = re.search(f'{name}="([^"]*)"', html)
    assert found
    return found[1]


def test_it_works(row: AsyncRequest) -> None:
    html = render(row)
    assert UUID(attribute(html, "request-id")) == row.id
    assert html.count("<streamer-progress ") == 1


def test_its_token_shows_this_request_alone(row: AsyncRequest) -> None:
    identity = verify_scoped_token(attribute(render(row), " token"))
    assert identity.request_id == row.id
    assert (identity.user_id, identity.tenant_id) == (row.user_id, row.tenant_id)
    assert not identity.may("reports.generate")


def test_its_token_lives_as_long_as_the_page_says(row: AsyncRequest) -> None:
    identity = verify_scoped_token(attribute(render(row, "seconds=60"), " token"))
    assert 50 < identity.expires_in <= 60


def test_its_script_is_there(row: AsyncRequest) -> None:
    path = re.findall(r'<script type="module" src="/static/([^"]+)">', render(row))[0]
    assert finders.find(path) is not None


def test_a_label_is_escaped(row: AsyncRequest) -> None:
    assert attribute(render(row, "label=text"), "label") == "&lt;b&gt; &amp;"
