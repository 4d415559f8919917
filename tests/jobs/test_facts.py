import threading
from typing import Any

import pytest

from jobs.facts import Work, begin_message, current_work, describe_work, process_works_on, read_mark


def test_it_works() -> None:
    work = describe_work(
        action="echo", tenant_id="acme", client_id="mine", metadata={"correlation_id": "order-7"}, payload={"a": 1}
    )
    assert work.names == {"id": "mine", "correlation_id": "order-7", "action": "echo", "tenant": "acme"}
    found: list[Work] = []
    with process_works_on(work):
        thread = threading.Thread(target=lambda: found.append(current_work()))
        thread.start()
        thread.join()
    assert found == [work] and current_work() is not work


def test_a_message_is_the_work_of_its_own_thread_alone() -> None:
    found: list[Work] = []

    def answer() -> None:
        begin_message(Work({"id": "mine"}))
        found.append(current_work())

    thread = threading.Thread(target=answer)
    thread.start()
    thread.join()
    assert found[0].names == {"id": "mine"} and current_work().names == {}


@pytest.mark.parametrize("value", [None, 7, "", "x" * 65, "two words", 'a"b', "a\nb", ["a"], "ä"])
def test_only_a_short_word_is_a_mark(value: Any) -> None:
    assert read_mark(value) is None
