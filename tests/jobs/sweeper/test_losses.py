"""Lost workers: how many in a row, and how many in all, end a request, and what counts as progress between them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from jobs.execution.reporter import Reporter
from jobs.handler import Handler, NoPayload
from jobs.models import Status
from jobs.sweeper.rules import recover_lost_attempts
from tests.handlers.zoo import Count
from tests.jobs.building import change, claim, final_of, row_of, submit, types_of

pytestmark = pytest.mark.django_db(transaction=True)


def lose(
    request_id: UUID,
    percentage: float = 0,
    *,
    message: str = "",
    state: Any = None,
    partial: Mapping[str, Any] | None = None,
) -> str:
    """Claim the request, write so much about it, and have its worker be lost. Return its status after that."""
    claimed = claim()
    assert claimed.request_id == request_id
    reporter = Reporter(claimed)
    reporter.start()
    if percentage:
        reporter.report(percentage, message, {})
    if partial is not None:
        reporter.partial(partial)
    if state is not None:
        reporter.checkpoint(state)
    drafts, columns = reporter.close(), reporter.unsaved()
    reporter._write(drafts, dict(columns))
    change(request_id, lease_until=timezone.now() - timedelta(seconds=1))
    assert recover_lost_attempts(timezone.now()) == 1
    return row_of(request_id).status


def test_it_works() -> None:
    request_id = submit()
    assert [lose(request_id) for _ in range(2)] == [Status.RETRYING, Status.FAILED]
    error = final_of(request_id)["error"]
    assert (error["code"], error["details"]) == (
        "WORKER_LOST",
        {"reason": "in_a_row", "lost": 2, "limit": 2, "lost_in_all": 2},
    )
    assert error["message"] == "The worker was lost 2 times in a row, without progress between, and the limit is 2"
    assert row_of(request_id).lost_count == 2


@pytest.mark.parametrize(
    "written",
    [{"percentage": 10, "message": "Drinking it"}, {"partial": {"rows": 1}}, {"percentage": 5, "state": {"rows": 5}}],
    ids=["report", "partial", "checkpoint"],
)
def test_two_deaths_at_the_same_place_are_poison(written: dict[str, Any]) -> None:
    request_id = submit()
    assert lose(request_id, **written) == Status.RETRYING
    assert lose(request_id, **written) == Status.FAILED


@pytest.mark.parametrize(
    "places",
    [
        [{"percentage": 10}, {"percentage": 20}, {"percentage": 15}, {"percentage": 30}],
        [{"state": {"rows": rows}} for rows in (1, 2, 3, 4)],
        [{"percentage": 50, "message": text} for text in ("a", "b", "c", "d")],
        [{}, {"percentage": 10}, {"percentage": 10, "partial": {"rows": 1}}, {"percentage": 11}],
    ],
    ids=["percentage", "checkpoint", "message", "mixed"],
)
def test_deaths_at_different_places_end_it_only_in_all(places: list[dict[str, Any]]) -> None:
    request_id = submit()
    assert [lose(request_id, **place) for place in places] == [Status.RETRYING] * 4
    assert row_of(request_id).lost_in_a_row == 1
    assert lose(request_id, percentage=90) == Status.FAILED
    error = final_of(request_id)["error"]
    assert error["details"] == {"reason": "in_all", "lost": 5, "limit": 5, "lost_in_all": 5}
    assert error["message"] == "The worker was lost 5 times in all while it ran this request, and the limit is 5"


def test_progress_begins_the_row_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Count, "max_lost_in_a_row", 3)
    request_id = submit()
    assert [lose(request_id), lose(request_id), lose(request_id, percentage=10)] == [Status.RETRYING] * 3
    assert row_of(request_id).lost_in_a_row == 1


@pytest.mark.parametrize("name", ["max_lost_in_a_row", "max_lost"])
def test_a_handler_may_allow_none_to_be_lost(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(Count, name, 1)
    request_id = submit()
    assert lose(request_id) == Status.FAILED
    assert "was lost once" in final_of(request_id)["error"]["message"]
    assert types_of(request_id) == ["started", "error"]


@pytest.mark.parametrize("name", ["max_lost_in_a_row", "max_lost"])
def test_a_handler_cannot_allow_less(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="max_lost"):
        type("Never", (Handler,), {"action": "never", "payload_model": NoPayload, name: 0})
