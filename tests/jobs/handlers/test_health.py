import pytest

from jobs.handlers.health import Health


@pytest.mark.django_db(transaction=True)
def test_it_works() -> None:
    health = Health()
    answer = health.run(health.parse({}), None)  # type: ignore[arg-type]
    assert answer["parts"]["database"]["ok"] and answer["parts"]["redis"]["ok"]
    assert answer["status"] == "degraded" and not answer["parts"]["workers"]["ok"]
