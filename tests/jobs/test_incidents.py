import logging

import pytest

from jobs.incidents import report_unexpected

logger = logging.getLogger(__name__)


def test_it_works(caplog: pytest.LogCaptureFixture) -> None:
    body = report_unexpected(logger, "The handler failed", KeyError("a secret of the inside"), request_id="7")
    (record,) = caplog.records
    reference = record.__dict__["correlation_id"]
    assert body["code"] == "INTERNAL_ERROR" and body["details"] == {"correlation_id": reference}
    assert reference in body["message"] and "secret" not in str(body)
    assert record.message == "The handler failed" and record.__dict__["request_id"] == "7"
    assert "a secret of the inside" in caplog.text


def test_each_gets_a_reference_of_its_own() -> None:
    bodies = [report_unexpected(logger, "It failed", ValueError()) for _ in range(20)]
    assert len({body["details"]["correlation_id"] for body in bodies}) == 20
