import logging
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pydantic import BaseModel

from jobs.contract import result as contract
from jobs.contract.result import misfit_of, notice_misfit, result_schema
from jobs.handler import Context, FileResult, Handler, NoPayload, Result


class _Words(Result):
    words: int
    file: FileResult | None = None
    """The words themselves."""


class _Count(Handler[NoPayload]):
    """Count."""

    action = "test_count"
    result_model = _Words

    def run(self, payload: NoPayload, context: Context) -> dict[str, Any]:
        return {"words": 3}


class _Undeclared(Handler[NoPayload]):
    """Count, and say nothing of the result."""

    action = "test_undeclared"

    def run(self, payload: NoPayload, context: Context) -> dict[str, Any]:
        return {"words": 3}


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "_told", set())


def test_it_works() -> None:
    assert misfit_of(_Count(), b'{"words": 3}') is None
    assert misfit_of(_Undeclared(), b'"anything"') is None


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        (b'{"words": "3"}', "words: Input should be a valid integer"),
        (b'{"word": 3}', "words: Field required; word: Extra inputs are not permitted"),
        (b"null", "the whole: "),
        (b'{"words": 3, "file": {"filename": "x"}}', "file.artifact_id: Field required"),
    ],
)
def test_a_misfit_is_told_with_its_place(encoded: bytes, text: str) -> None:
    misfit = misfit_of(_Count(), encoded)
    assert misfit is not None and misfit.startswith("The result of 'test_count' does not fit _Words: ")
    assert text in misfit


def test_many_faults_are_counted() -> None:
    class Wide(Handler[NoPayload]):
        action = "test_wide"
        result_model = type("Wide", (Result,), {"__annotations__": dict.fromkeys("abcdefgh", int)})

    misfit = misfit_of(Wide(), b"{}")
    assert misfit is not None and misfit.count("Field required") == 5 and misfit.endswith("(and 3 more)")


def test_a_misfit_in_production_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            notice_misfit(_Count(), b'{"words": null}')
        notice_misfit(_Count(), b'{"words": 1}')
    [record] = caplog.records
    assert "does not fit _Words" in record.getMessage()


def test_clients_learn_the_shape_and_that_fields_may_be_added() -> None:
    schema = result_schema(_Count())
    assert schema is not None and result_schema(_Undeclared()) is None
    assert "additionalProperties" not in str(schema)
    assert schema["properties"]["file"]["description"] == "The words themselves."
    assert {"artifact_id", "url", "expires_at"} <= set(schema["$defs"]["FileResult"]["required"])


def test_any_model_is_taken_and_nothing_else() -> None:
    class Plain(BaseModel):
        words: int

    class Good(Handler[NoPayload]):
        action = "test_good"
        result_model = Plain

    assert misfit_of(Good(), b'{"words": 3, "more": 1}') is None
    with pytest.raises(ImproperlyConfigured, match="result_model is a pydantic model"):

        class Bad(Handler[NoPayload]):
            action = "test_bad"
            result_model = dict  # type: ignore[assignment]
