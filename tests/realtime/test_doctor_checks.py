import pytest

from jobs.doctor import Diagnosis, all_checks, examine
from realtime.sending import asking, publishing
from tests.realtime.sending.conftest import OpenKnown
from tests.realtime.sending.conftest import open_known as open_known
from tests.realtime.sending.conftest import patient_questions as patient_questions
from tests.realtime.sockets import aside

pytestmark = pytest.mark.django_db(transaction=True)


def of_circuits() -> Diagnosis:
    (diagnosis,) = examine([check for check in all_checks() if check.name == "circuits"])
    return diagnosis


async def test_a_web_process_that_spares_itself_redis_is_found(
    open_known: OpenKnown, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_known()
    states = {"followers": "closed", "rings": "half_open"}
    monkeypatch.setattr("realtime.connections.orders.receiver.circuit_states", lambda: states)
    assert not (await aside(of_circuits)).is_ill
    states["sending"] = "open"
    (example,) = (await aside(of_circuits)).found.examples
    assert example.endswith(": sending is open")


async def test_without_an_answer_nothing_is_known(open_known: OpenKnown, monkeypatch: pytest.MonkeyPatch) -> None:
    await open_known()
    monkeypatch.setattr(asking, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(publishing, "_publish_now", lambda group, order: 2)
    diagnosis = await aside(of_circuits)
    assert not diagnosis.is_ill and "not every web process" in diagnosis.not_examined
