import uuid

import pytest
from django.db.models import Q

from jobs.models import Status
from jobs.requests.cancellation import request_cancel
from jobs.requests.reads import NotFound, Wanted, list_page
from jobs.requests.regeneration import NotFinished
from jobs.requests.retrying import retry
from tests.jobs.building import log_of, make_submission, row_of, store, submit

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_retry_is_a_new_request_and_the_old_one_stays_as_it_is() -> None:
    old = store(make_submission(payload={"updates": 2}, client_id="one", metadata={"tab": 1}, tags=("t",)))
    request_cancel(old)
    new = row_of(retry(old))
    assert (new.status, new.action, new.payload, new.client_id) == ("pending", "zoo_count", {"updates": 2}, None)
    assert (new.tenant_id, new.user_id, new.queue) == ("acme", "alice", "default")
    assert (new.metadata, new.redo_of) == ({"tab": 1, "regenerated_from": str(old)}, old)
    assert new.tags == ["t"] and [row.id for row in list_page(Q(), Wanted(tag="t"))[0]] == [new.id, old]
    assert row_of(old).status == Status.CANCELLED and len(log_of(old)) == 1


def test_only_what_has_ended_can_be_retried() -> None:
    with pytest.raises(NotFinished, match="pending"):
        retry(submit())
    with pytest.raises(NotFound):
        retry(uuid.uuid4())
