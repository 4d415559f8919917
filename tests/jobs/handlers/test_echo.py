from typing import Any

import pytest

from jobs.handlers.echo import Echo
from tests.jobs.building import run_next, submit, types_of


@pytest.mark.parametrize("message", ["hello", None, 1.5, [1, [2]], {"a": {"b": None}}])
def test_it_works(message: Any) -> None:
    echo = Echo()
    assert echo.run(echo.parse({"message": message}), None) == {"message": message}  # type: ignore[arg-type]


def test_without_a_message_it_says_hello() -> None:
    assert Echo().parse({}).message == "hello"


@pytest.mark.django_db(transaction=True)
def test_the_other_one_says_the_same_from_a_worker() -> None:
    request_id = submit("echo_async", message=["hi"])
    assert run_next().result == {"message": ["hi"]}
    assert types_of(request_id) == ["started", "progress", "complete"]
