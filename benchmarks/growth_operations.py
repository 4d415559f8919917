"""The operations whose costs must not grow with the history: those of clients, of the sweeper, of operators."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from benchmarks.history import TENANT, USER
from jobs.doctor import all_checks, examine
from jobs.log.events import read_after
from jobs.models import AsyncRequest
from jobs.paging import cut_page
from jobs.queue.claims import claim_next
from jobs.queue.names import own_queues
from jobs.queue.pauses import count_waiting
from jobs.requests.reads import Wanted, changed_after, changed_since, explained, list_page, owned_by
from jobs.requests.submission import Submission, submit_many
from jobs.sweeper.loop import all_rules, sweep_once
from jobs.sweeper.retention import Retention

Operations = Mapping[str, Callable[[], object]]
_LIMIT = 10
"""The requests on a page. So many are there of each kind when the history is a thousand long."""
_ACTION = "generate_report"
_LIST = "/admin/jobs/asyncrequest/"
_OPERATOR = "growth-operator"


class Measured:
    """The operations on the database that is in use. Made anew for each database, because it picks rows of it."""

    def __init__(self) -> None:
        self._owner = owned_by(TENANT, USER)
        own = AsyncRequest.objects.filter(self._owner).order_by("created_at")
        middle = list(own[own.count() // 2 :][:2])
        self._row = middle[0]
        self._cursor = cut_page(middle, 1)[1]
        self._admin = Client(SERVER_NAME="127.0.0.1")
        users = get_user_model()._default_manager
        operator = users.filter(username=_OPERATOR).first()
        self._admin.force_login(operator or users.create_superuser(_OPERATOR, password=None))

    def operations(self) -> Operations:
        """Map name → operation, in the order of the table."""
        row, now = self._row, timezone.now()
        today = (now - timedelta(days=2)).date().isoformat()
        return {
            "submit to acknowledgment": self._submit,
            "claim": self._claim,
            "list": self._list(),
            "list from the middle": self._list(cursor=self._cursor),
            "list by status": self._list(status="failed"),
            "list by action": self._list(action=_ACTION),
            "list by action and status": self._list(action=_ACTION, status="failed"),
            "list by an action there is none of": self._list(action="none_of_these"),
            "status": lambda: explained(AsyncRequest.objects.filter(self._owner).get(id=row.id)),
            "replay": lambda: read_after(row.id, row.client_id, 0),
            "subscribe to the topic": lambda: changed_since(TENANT, USER, now - timedelta(seconds=40), 201),
            "subscribe after three days": lambda: changed_since(TENANT, USER, now - timedelta(days=3), 201),
            "check of all feeds": lambda: changed_after(now - timedelta(seconds=30)),
            "sweep": lambda: sweep_once(all_rules()),
            "sweep of old requests, from the start": lambda: Retention()(timezone.now()),
            "admin list": self._page(),
            "admin list by status": self._page(status="failed"),
            "admin list of what goes on": self._page(status="live"),
            "admin list by action": self._page(action=_ACTION),
            "admin list by tenant": self._page(tenant_id=TENANT),
            "admin list of a day": self._page(day=today),
            "admin search by id": self._page(q=str(row.id)),
            "admin search by the first digits": self._page(q=str(row.id)[:8]),
            "admin search by client id": self._page(q="client-6"),
            "admin search by user": self._page(q=USER),
            "admin search in vain": self._page(q="nobody"),
            "one request's page": lambda: self._get(f"{_LIST}{row.id}/change/"),
            "count of what waits of an action": lambda: count_waiting(_ACTION),
            "doctor": lambda: examine(all_checks()),
        }

    def tidy(self) -> None:
        """Take away what was submitted, so that each round finds the same."""
        AsyncRequest.objects.filter(finished_at__isnull=True).delete()

    def _submit(self) -> None:
        submit_many(
            [
                Submission(
                    tenant_id=TENANT, user_id=USER, action=_ACTION, queue="default", payload={}, estimated_seconds=6.0
                )
            ]
        )

    def _claim(self) -> UUID:
        claimed = claim_next(own_queues(), worker="growth")
        assert claimed is not None, "nothing was submitted before"
        return claimed.request_id

    def _list(self, **wanted: str | None) -> Callable[[], object]:
        return lambda: list_page(
            self._owner,
            Wanted(status=wanted.get("status"), action=wanted.get("action")),
            cursor=wanted.get("cursor"),
            limit=_LIMIT,
        )

    def _page(self, **parameters: str) -> Callable[[], object]:
        return lambda: self._get(_LIST, parameters)

    def _get(self, path: str, parameters: Mapping[str, str] | None = None) -> None:
        response = self._admin.get(path, parameters)
        assert response.status_code == 200, f"{path}: {response.status_code}"
