"""The page of a running request shows what its process takes, and its stack to those who may steer it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from jobs.admin.detail import process
from jobs.execution.inspection.asking import Inspection
from jobs.execution.inspection.figures import Figures
from jobs.models import RequestEvent, Status
from tests.jobs.admin.pages import LIST, make_request, page_of, sign_in_staff

pytestmark = pytest.mark.django_db

FIGURES = Figures(pid=77, memory_bytes=200_000_000, cpu_seconds=12.0, cpu_percent=98.2, threads=5, state="running")
OUTER = [{"file": "jobs/execution/runner.py", "line": 1, "function": "_execute", "code": "handler.run()"}]
FRAMES = [*OUTER, {"file": "jobs/handlers/delay.py", "line": 40, "function": "run", "code": "wait(<b>seconds</b>)"}]
Answer = Callable[..., None]


@pytest.fixture
def operator(client: Client) -> Client:
    return sign_in_staff(client, "view_asyncrequest", "change_asyncrequest")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Answer:
    def answer(**fields: Any) -> None:
        def inspect(request_id: UUID, worker: str, *, with_stacks: bool = False) -> Inspection:
            return Inspection(**fields)

        monkeypatch.setattr(process, "inspect", inspect)

    return answer


def test_it_works(operator: Client, told: Answer) -> None:
    told(figures=FIGURES, stacks=[{"name": "MainThread", "frames": FRAMES}])
    row = make_request(Status.PROCESSING, worker="host/1", last_seq=1)
    progress = {"percentage": 5.0, "message": "Reading", "metadata": {"stage": "querying"}}
    RequestEvent.objects.create(request=row, seq=1, type="progress", data=progress, attempt=1)
    page = operator.get(page_of(row)).content.decode()
    assert "98 % of a core" in page and "200 MB" in page and "<dd>querying</dd>" in page and "Show stack" in page
    part = operator.post(f"{LIST}{row.id}/process/", {"part": "1"}).content.decode()
    assert "jobs/handlers/delay.py:40 in run" in part and "&lt;b&gt;seconds" in part and "<html" not in part
    assert "1 calls of the worker" in part and "handler.run()" not in part
    whole = operator.post(f"{LIST}{row.id}/process/").content.decode()
    assert "jobs/handlers/delay.py:40 in run" in whole and "Show it again" in whole


def test_why_there_is_none_is_said(operator: Client, told: Answer) -> None:
    row = make_request(Status.PROCESSING, worker="host/1")
    told(figures=FIGURES, fault="silent process")
    assert "does not answer" in operator.post(f"{LIST}{row.id}/process/", {"part": "1"}).content.decode()
    told(fault="no worker")
    assert "it is dead" in operator.post(f"{LIST}{row.id}/process/", {"part": "1"}).content.decode()
    assert "it is dead" in operator.get(page_of(row)).content.decode()


def test_what_does_not_run_is_not_asked(operator: Client) -> None:
    for row in (make_request(Status.PROCESSING), make_request(Status.COMPLETED, worker="host/1")):
        assert "Show stack" not in operator.get(page_of(row)).content.decode()
        assert "does not run" in operator.post(f"{LIST}{row.id}/process/", {"part": "1"}).content.decode()


def test_a_viewer_sees_the_figures_and_no_stack(client: Client, told: Answer) -> None:
    told(figures=FIGURES)
    viewer = sign_in_staff(client, "view_asyncrequest")
    row = make_request(Status.PROCESSING, worker="host/1")
    page = viewer.get(page_of(row)).content.decode()
    assert "98 % of a core" in page and "Show stack" not in page
    assert viewer.post(f"{LIST}{row.id}/process/").status_code == 403
    assert viewer.get(f"{LIST}{row.id}/process/").status_code == 405
