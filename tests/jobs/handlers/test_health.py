import pytest

from jobs.handlers.health import Health
from jobs.testing import run_handler


@pytest.mark.django_db(transaction=True)
def test_it_works() -> None:
    answer = run_handler(Health, {}).result
    assert answer["parts"]["database"]["ok"] and answer["parts"]["redis"]["ok"]
    assert answer["status"] == "degraded" and not answer["parts"]["workers"]["ok"]
