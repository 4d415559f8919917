"""One thread, with one database connection, serves the reporters of a shift."""

import logging
import threading

import pytest
from django.db import connection

from jobs.execution.kept_thread import KeptThread
from jobs.execution.reporter import Reporter
from tests.jobs.building import claim, row_of, submit
from tests.local.waiting import eventually


def test_it_does_one_piece_of_work_after_another_on_the_same_thread() -> None:
    seen: list[int] = []
    with KeptThread() as thread:
        for _ in range(2):
            thread.begin(lambda: seen.append(threading.get_ident()))
            thread.wait()
    assert len(seen) == 2 and len(set(seen)) == 1 and seen[0] != threading.get_ident()


def test_work_that_fails_is_logged_and_leaves_the_thread_alive(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []
    with KeptThread() as thread:
        thread.begin(lambda: 1 // 0)  # type: ignore[arg-type]
        thread.wait()
        thread.begin(lambda: seen.append("alive"))
        thread.wait()
    assert seen == ["alive"]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_work_may_wait_for_itself() -> None:
    with KeptThread() as thread:
        thread.begin(thread.wait)
        thread.wait()


@pytest.mark.django_db(transaction=True)
def test_reporters_leave_it_its_connection() -> None:
    request_id = submit()
    claimed = claim()
    kept: list[object] = []
    with KeptThread() as thread:
        for percentage in (10, 20):
            reporter = Reporter(claimed, thread=thread)
            reporter.start()
            reporter.report(percentage, "so far", {})
            eventually(lambda percentage=percentage: row_of(request_id).percentage == percentage, "it is written")
            reporter.close()
            thread.begin(lambda: kept.append(connection.connection))
            thread.wait()
    assert kept[0] is not None and kept[0] is kept[1]
