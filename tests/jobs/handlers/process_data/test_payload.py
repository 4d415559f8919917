"""The payloads that ``process_data`` accepts, and its errors about others."""

from typing import Any

import pytest

from jobs.contract.base import warnings_about
from jobs.handlers.process_data import ProcessData
from tests.jobs.handlers.process_data.running import faults_of, transformation

DATASET = {"type": "dataset", "dataset_id": "customers"}
LIMIT = {"type": "limit", "rows": 1}


def learning(pipeline: str, **options: Any) -> dict[str, Any]:
    return {"pipeline": pipeline, "data_source": DATASET, "options": options}


def test_it_works() -> None:
    payload = ProcessData().parse(transformation([{"a": 1}], LIMIT))
    assert (payload.output.format, payload.output.full_name) == ("json", None)
    assert [operation.type for operation in payload.operations] == ["limit"]


@pytest.mark.parametrize(
    ("name", "full_name"), [("mine", "mine.csv"), ("mine.CSV", "mine.CSV"), ("v1.2 (new)", "v1.2 (new).csv")]
)
def test_the_file_gets_its_ending(name: str, full_name: str) -> None:
    payload = transformation([{"a": 1}], LIMIT, output={"format": "csv", "filename": name})
    assert ProcessData().parse(payload).output.full_name == full_name


def test_every_fault_comes_at_once_with_the_path_the_client_wrote() -> None:
    found = faults_of(
        {
            "pipeline": "transformation",
            "data_source": {"type": "dataset", "dataset_id": ""},
            "output": {"format": "xml", "filename": "../up"},
            "options": {
                "seed": 1,
                "operations": [
                    {"type": "filter", "column": "a", "operator": "like", "value": "x"},
                    {"type": "transform", "function": "round", "column": "a", "digits": 99},
                    {"type": "transform", "function": "explode", "column": "a"},
                    {"type": "sort", "by": []},
                    {"type": "aggregate", "aggregations": [{"function": "sum"}]},
                    {"type": "vanish"},
                    {"type": "filter", "column": "a", "operator": "eq", "value": {"b": 1}},
                ],
            },
            "colour": "red",
        }
    )
    assert list(found) == [
        "data_source.dataset_id",
        "output.format",
        "output.filename",
        "options.operations[0].operator",
        "options.operations[1].digits",
        "options.operations[2]",
        "options.operations[3].by",
        "options.operations[4].aggregations[0]",
        "options.operations[5]",
        "options.operations[6].value",
        "colour",
        "options.seed",
    ]
    assert found["options.operations[6].value"].startswith("a value is a text, a number")


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({}, "give one of"),
        ({"column": "a"}, "needs an operator"),
        ({"column": "a", "operator": "eq"}, "takes a single value"),
        ({"column": "a", "operator": "eq", "value": [1]}, "takes a single value"),
        ({"column": "a", "operator": "in", "value": 1}, "takes a list of 1 to 1,000 values"),
        ({"column": "a", "operator": "in", "value": []}, "takes a list of 1 to 1,000 values"),
        ({"column": "a", "operator": "between", "value": [1]}, "takes a list of two values"),
        ({"column": "a", "operator": "contains", "value": 1}, "takes a text"),
        ({"column": "a", "operator": "is_null", "value": 1}, "takes no value"),
        ({"column": "a", "operator": "is_null", "and": [{"column": "a", "operator": "is_null"}]}, "give one of"),
        ({"operator": "eq", "or": [{"column": "a", "operator": "is_null"}]}, "no operator and no value of its own"),
    ],
)
def test_a_condition_that_makes_no_sense(condition: dict[str, Any], words: str) -> None:
    [message] = faults_of(transformation([{"a": 1}], {"type": "filter", **condition})).values()
    assert words in message


def test_conditions_are_not_nested_without_end() -> None:
    condition: dict[str, Any] = {"column": "a", "operator": "is_null"}
    for _ in range(8):
        condition = {"and": [condition]}
    assert any(
        "8 deep" in message for message in faults_of(transformation([{}], {"type": "filter", **condition})).values()
    )


@pytest.mark.parametrize("more", [{}, {"value": 1, "other": "b"}])
def test_a_calculation_is_with_a_number_or_a_column(more: dict[str, Any]) -> None:
    operation = {"type": "transform", "function": "add", "column": "a", **more}
    [message] = faults_of(transformation([{"a": 1}], operation)).values()
    assert "either a number, 'value', or another column, 'other'" in message


def test_two_figures_need_two_names() -> None:
    figures = [{"function": "count"}, {"function": "sum", "column": "a", "as": "Count"}]
    [message] = faults_of(transformation([{"a": 1}], {"type": "aggregate", "aggregations": figures})).values()
    assert "two figures are called 'count'" in message


@pytest.mark.parametrize(
    ("payload", "path", "words"),
    [
        (learning("classification"), "options.target", "'classification' needs it"),
        (learning("regression", target=None), "options.target", "'regression' needs it"),
        (learning("transformation"), "options.operations", "'transformation' needs it"),
        (
            learning("clustering", target="a"),
            "options.target",
            "does not use it; it is for: classification, regression",
        ),
        (learning("regression", target="a", confidence_threshold=0.5), "options.confidence_threshold", "not use it"),
        (learning("anomaly", n_clusters=3), "options.n_clusters", "it is for: clustering"),
        (learning("clustering", operations=[LIMIT]), "options.operations", "it is for: transformation"),
        (learning("classification", target="a", features=["b", "a"]), "options.features", "'a' is the target"),
        (learning("anomaly", label="a", features=["a"]), "options.features", "'a' is the label"),
        (learning("classification", target="a", test_size=0.5), "options.test_size", "less than 0.5"),
        (learning("classification", target="a", test_size=0), "options.test_size", "greater than 0"),
        (learning("clustering", n_clusters=1), "options.n_clusters", "greater than or equal to 2"),
        (learning("clustering", n_clusters=51), "options.n_clusters", "less than or equal to 50"),
        (learning("anomaly", contamination=0.6), "options.contamination", "less than or equal to 0.5"),
        ({"data_source": DATASET}, "pipeline", "required"),
        (learning("magic"), "pipeline", "classification"),
    ],
)
def test_options_fit_their_pipeline(payload: dict[str, Any], path: str, words: str) -> None:
    [(found, message)] = faults_of(payload).items()
    assert found == path and words in message


def test_the_older_spelling_is_a_transformation_over_a_dataset() -> None:
    older = {"dataset_id": "customers", "operations": [LIMIT], "output_format": "parquet"}
    today = {
        "pipeline": "transformation",
        "data_source": DATASET,
        "options": {"operations": [LIMIT]},
        "output": {"format": "parquet"},
    }
    assert ProcessData().parse(older) == ProcessData().parse(today)


def test_faults_of_the_older_spelling_have_its_paths() -> None:
    found = faults_of({"operations": [{"type": "sort", "by": [{}]}], "output_format": "xml", "colour": "red"})
    assert set(found) == {"dataset_id", "operations[0].by[0].column", "output_format", "colour"}
    assert faults_of({"dataset_id": "customers"}) == {"operations": "the pipeline 'transformation' needs it"}


@pytest.mark.parametrize("operations", [["normalize", "aggregate"], [LIMIT, "sort"], "clean", {"type": "limit"}, [1]])
def test_operations_of_the_older_spelling_that_are_no_objects_are_told_in_one_sentence(operations: Any) -> None:
    found = faults_of({"dataset_id": "customers", "operations": operations, "output_format": "json"})
    assert set(found) == {"operations"}
    assert "each operation is an object whose 'type' is one of aggregate, deduplicate, drop" in found["operations"]


def test_unknown_fields_are_warned_of_at_the_paths_that_were_sent() -> None:
    older = {"dataset_id": "x", "operations": [{**LIMIT, "offset": 1}], "timestamp": 5}
    assert {one["path"] for one in warnings_about(ProcessData().parse(older))} == {"operations[0].offset", "timestamp"}
    today = {**transformation([{"a": 1}], {**LIMIT, "offset": 1}), "outptu": {}}
    found = {one["path"]: one["message"] for one in warnings_about(ProcessData().parse(today))}
    assert set(found) == {"options.operations[0].offset", "outptu"} and "mean 'output'" in found["outptu"]


def test_the_two_spellings_do_not_mix() -> None:
    found = faults_of({"dataset_id": "customers", "operations": [LIMIT], "pipeline": "transformation", "options": {}})
    assert set(found) == {"pipeline", "options"}
    assert "the current ones instead of 'dataset_id' ('data_source.dataset_id')" in found["options"]


@pytest.mark.parametrize(
    ("payload", "is_inline"),
    [
        (transformation([{"a": 1}], LIMIT), True),
        (transformation([{"a": 1}] * 5000, LIMIT), False),
        ({**transformation([], LIMIT), "data_source": DATASET}, False),
        (learning("clustering"), False),
    ],
)
def test_only_a_tiny_transformation_is_answered_on_the_spot(payload: dict[str, Any], is_inline: bool) -> None:
    handler = ProcessData()
    assert (handler.estimate(handler.parse(payload)) <= 5) is is_inline


def test_the_schema_is_that_of_todays_spelling() -> None:
    schema = ProcessData.payload_model.model_json_schema()
    assert schema["required"] == ["pipeline", "data_source"]
    assert {"output", "options"} < set(schema["properties"])


def test_a_form_can_tell_datasets_and_columns_from_other_texts() -> None:
    defined = ProcessData.payload_model.model_json_schema()["$defs"]
    assert defined["DatasetSource"]["properties"]["dataset_id"]["format"] == "streamer-dataset"
    assert defined["Options"]["properties"]["target"]["anyOf"][0]["format"] == "streamer-column"
