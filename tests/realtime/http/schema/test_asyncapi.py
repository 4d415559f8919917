"""The AsyncAPI document describes every message in both directions."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from jobs.contract.discovery.gathering import discover
from realtime.http.schema.asyncapi import build_asyncapi
from realtime.http.schema.client_schemas import CLIENT_SHAPES
from realtime.http.schema.examples.client import CLIENT_EXAMPLES
from realtime.http.schema.operations import ANSWERS, UNASKED
from realtime.wire.batch import take_apart
from realtime.wire.close_codes import CloseCode
from realtime.wire.messages import CLIENT_MESSAGES
from realtime.wire.messages import Requests as Batch
from realtime.wire.protocol import parse
from realtime.wire.server import SERVER_MESSAGES
from tests.realtime.http.schema.test_openapi import references
from tests.realtime.wire.server.fitting import shapes_of

Document = dict[str, Any]
_OFFICIAL = Path(__file__).resolve().parents[4] / "node_modules/@asyncapi/specs/schemas/3.0.0.json"


@pytest.fixture(scope="module")
def document() -> Document:
    handlers = discover([]).handlers.values()
    return build_asyncapi([handler for handler in handlers if not handler.internal])


def validator_of(document: Document, name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": document["components"]})


def test_it_works(document: Document) -> None:
    assert document["asyncapi"] == "3.0.0" and document["channels"]["socket"]["address"] == "/ws/"
    request = document["operations"]["receiveRequest"]
    assert request["action"] == "receive"
    replies = [one["$ref"].rpartition("/")[2] for one in request["reply"]["messages"]]
    assert replies == ["Response", "Acknowledgment", "Refusal"]
    assert {"bearer", "subprotocol"} == set(document["components"]["securitySchemes"])


@pytest.mark.skipif(not _OFFICIAL.is_file(), reason="npm ci installs the official schema")
def test_it_has_the_official_shape(document: Document) -> None:
    faults = list(Draft7Validator(json.loads(_OFFICIAL.read_text())).iter_errors(document))
    assert [f"{fault.json_path}: {fault.message[:200]}" for fault in faults] == []


def test_all_references_lead_somewhere(document: Document) -> None:
    for reference in set(references(document)):
        place: Any = document
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]


def test_every_message_is_in_the_channel_and_in_an_operation(document: Document) -> None:
    messages = set(document["components"]["messages"])
    in_operations = {
        one["$ref"].rpartition("/")[2]
        for operation in document["operations"].values()
        for one in [*operation["messages"], *operation.get("reply", {}).get("messages", [])]
    }
    assert set(document["channels"]["socket"]["messages"]) == messages == in_operations
    assert len(messages) == len(CLIENT_MESSAGES) + sum(map(len, SERVER_MESSAGES.values()))


def test_every_type_of_the_client_has_its_answers_told() -> None:
    assert set(ANSWERS) == set(CLIENT_MESSAGES) == set(CLIENT_SHAPES) == set(CLIENT_EXAMPLES)
    assert not set(UNASKED) & set(ANSWERS)


def test_a_batch_has_the_fields_that_its_reader_takes() -> None:
    internal = {"needs_inspection"}
    assert set(CLIENT_SHAPES["requests"].__struct_fields__) == set(Batch.__struct_fields__) - internal


@pytest.mark.parametrize("kind", CLIENT_EXAMPLES)
def test_examples_of_the_client_are_taken_by_the_server(kind: str, document: Document) -> None:
    text = json.dumps(CLIENT_EXAMPLES[kind])
    message = parse(text, longest_bytes=10_000, most_containers=100)
    assert type(message) is CLIENT_MESSAGES[kind]
    if isinstance(message, Batch):
        assert len(take_apart(message, most=100)) == len(message.requests)
    name = CLIENT_SHAPES[kind].__name__
    assert validator_of(document, name).is_valid(CLIENT_EXAMPLES[kind])


def test_a_request_needs_no_type(document: Document) -> None:
    assert validator_of(document, "Request").is_valid({"action": "echo"})
    assert not validator_of(document, "Ping").is_valid({})


def test_every_message_has_an_example_of_its_own_shape(document: Document) -> None:
    for name, message in document["components"]["messages"].items():
        assert message["examples"], name
        for example in message["examples"]:
            assert validator_of(document, name).is_valid(example["payload"]), name
            if example["payload"].get("timestamp"):
                assert name in shapes_of(example["payload"])


def test_every_field_of_an_object_is_described_or_speaks_for_itself(document: Document) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["Goodbye"]["properties"]["after_ms"]["description"] == "The milliseconds to wait. Never 0."
    assert schemas["Request"]["properties"]["cache"]["description"].startswith("false: run it")
    assert all(message["summary"] for message in document["components"]["messages"].values())


def test_close_codes_are_data(document: Document) -> None:
    codes = {one["code"]: one for one in document["x-close-codes"]}
    assert set(codes) == {int(code) for code in CloseCode} and all(one["description"] for one in codes.values())
    assert (codes[4502]["name"], codes[4502]["reconnect"]) == ("UNSUPPORTED_VERSION", False)


def test_it_says_where_it_is_mounted() -> None:
    assert build_asyncapi([], mount="/streamer/")["channels"]["socket"]["address"] == "/streamer/ws/"
