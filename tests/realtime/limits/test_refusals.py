import logging

import pytest

from realtime.limits.refusals import Refusals


def test_it_works(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            refusals.count("messages", "tenant", "acme")
        refusals.count("connects", "address")
    assert refusals.counts() == {"messages.tenant": 3, "connects.address": 1}
    (line,) = caplog.records
    assert (vars(line)["limit"], vars(line)["tenant"]) == ("messages.tenant", "acme")
