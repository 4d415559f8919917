"""Reports of errors, as a server that speaks Sentry's protocol gets them. Each test has a process of its own."""

import os
import subprocess
import sys

import pytest

from tests.collector import Collector, run_collector
from tests.local.waiting import eventually

_START = """
import logging, os, django
django.setup()
from jobs.facts import Work, begin_message
from jobs.incidents import report_unexpected, send_reports
logger = logging.getLogger("jobs.here")
begin_message(Work({"id": "mine", "action": "echo", "tenant": "acme"}, {"word": "hunter2-of-alice"}))
def fail():
    word = "hunter2-of-alice"
    raise KeyError(word)
"""
_FAIL = """
try:
    fail()
except KeyError as error:
    report_unexpected(logger, "It failed", error, request_id="7")
    logger.exception("It failed, says another")
"""


def run(body: str, collector: Collector, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "SENTRY_DSN": collector.sentry_dsn}
    variables |= environment
    return subprocess.run(
        [sys.executable, "-c", _START + body], env=variables, capture_output=True, text=True, timeout=100, check=False
    )


def test_it_works() -> None:
    with run_collector() as collector:
        done = run(_FAIL, collector)
        assert done.returncode == 0, done.stderr
        (report,) = eventually(lambda: collector.reports, "the report came")
    tags = {name: report["tags"][name] for name in ("request_id", "action", "tenant", "logger")}
    assert tags == {"request_id": "7", "action": "echo", "tenant": "acme", "logger": "jobs.here"}
    assert report["tags"]["correlation_id"] in done.stderr
    (exception,) = report["exception"]["values"]
    assert (exception["type"], exception["value"]) == ("KeyError", "'[hidden]'")
    assert exception["stacktrace"]["frames"][-1]["function"] == "fail"
    assert not [body for body in collector.bodies if b"hunter2" in body]
    assert "hunter2" not in done.stderr


def test_values_are_shown_where_that_is_allowed() -> None:
    with run_collector() as collector:
        done = run(_FAIL, collector, STREAMER_LOG_PAYLOADS="true")
        (report,) = eventually(lambda: collector.reports, "the report came")
    assert report["exception"]["values"][0]["value"] == "'hunter2-of-alice'" and "hunter2-of-alice" in done.stderr
    assert "vars" not in report["exception"]["values"][0]["stacktrace"]["frames"][-1]


def test_a_forked_child_that_ends_at_once_has_sent_its_report() -> None:
    body = f"""
child = os.fork()
if child == 0:
    {_FAIL.strip().replace(chr(10), chr(10) + "    ")}
    send_reports()
    os._exit(0)
os.waitpid(child, 0)
"""
    with run_collector() as collector:
        done = run(body, collector)
        assert done.returncode == 0, done.stderr
        assert len(eventually(lambda: collector.reports, "the report came")) == 1


def test_an_error_that_ends_the_process_is_reported() -> None:
    with run_collector() as collector:
        assert run("fail()", collector).returncode == 1
        (report,) = eventually(lambda: collector.reports, "the report came")
    assert report["exception"]["values"][0]["type"] == "KeyError"
    assert not [body for body in collector.bodies if b"hunter2" in body]


def test_refusals_and_warnings_are_no_errors() -> None:
    with run_collector() as collector:
        done = run("logger.warning('away'); logger.error('The disk is full'); send_reports()", collector)
    assert done.returncode == 0 and not collector.reports


@pytest.mark.parametrize("dsn", ["", "http://publickey@127.0.0.1:9/1"])
def test_without_anybody_who_listens_nothing_else_changes(dsn: str) -> None:
    with run_collector() as collector:
        done = run(_FAIL + "\nprint('on')", collector, SENTRY_DSN=dsn)
    assert (done.returncode, done.stdout.strip()) == (0, "on") and not collector.bodies
