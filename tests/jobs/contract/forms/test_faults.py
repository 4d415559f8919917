"""Wrong form keys of a payload are named, with the field and what was meant."""

from typing import Any, Literal

import pytest
from pydantic import Field, JsonValue

from jobs.contract.forms.faults import form_faults
from jobs.contract.registry import all_handlers
from jobs.handler import Payload


def faults(extra: dict[str, JsonValue]) -> list[tuple[str, str, str]]:
    class ReportPayload(Payload):
        format: Literal["pdf", "csv"] = Field(default="pdf", json_schema_extra=extra)
        start: str = ""

    found = form_faults(ReportPayload.model_json_schema())
    return [(fault.field, fault.text, fault.hint) for fault in found]


def test_keys_that_fit_have_no_fault() -> None:
    keys: dict[str, JsonValue] = {
        "label": "File",
        "help": "",
        "placeholder": "pdf",
        "choices": {"pdf": "PDF document"},
        "group": "Details",
        "widget": "textarea",
        "show_when": {"start": ["a", "b"]},
        "order": 2,
    }
    assert faults({"x-form": keys}) == []


@pytest.mark.parametrize(
    ("extra", "text", "hint"),
    [
        ({"x-form": {"lable": "File"}}, "there is no key 'lable'", "Did you mean 'label'?"),
        ({"x-form": {"widget": "textaera"}}, "there is no widget 'textaera'", "Did you mean 'textarea'?"),
        ({"x-form": {"choices": {"pfd": "PDF"}}}, "'choices' has a label for 'pfd'", "Did you mean 'pdf'?"),
        ({"x-form": {"show_when": {"strat": 1}}}, "'show_when' names the field 'strat'", "Did you mean 'start'?"),
        ({"x-form": {"order": "first"}}, "the value of 'order' does not fit", "an example of each key"),
        ({"x-form": ["label"]}, "'x-form' is not a dict", "Its keys are: label"),
        ({"x_form": {"label": "File"}}, "there is no key 'x_form'", "Did you mean 'x-form'?"),
        ({"placeholder": "pdf"}, "the key 'placeholder' stands beside 'x-form'", "Write json_schema_extra"),
    ],
)
def test_a_wrong_key_is_named_with_what_was_meant(extra: dict[str, JsonValue], text: str, hint: str) -> None:
    [(field, said, advice)] = faults(extra)
    assert field == "ReportPayload.format" and said.startswith(text) and hint in advice


def test_a_condition_may_name_a_field_further_out() -> None:
    class Options(Payload):
        seed: int = Field(default=0, json_schema_extra={"x-form": {"show_when": {"pipeline": "regression"}}})

    class Outer(Payload):
        pipeline: str
        options: Options = Options()

    assert list(form_faults(Outer.model_json_schema())) == []


@pytest.mark.parametrize("handler", all_handlers().values(), ids=lambda handler: handler.action)
def test_the_built_in_forms_have_no_fault(handler: Any) -> None:
    assert list(form_faults(handler.payload_model.model_json_schema())) == []
