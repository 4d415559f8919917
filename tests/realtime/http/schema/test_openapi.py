"""The OpenAPI document describes what the installation serves, and nothing else."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from openapi_spec_validator import validate

from jobs.contract.discovery.gathering import discover
from jobs.errors import ErrorCode
from realtime.http.schema import routes
from realtime.http.schema.endpoints import PAGES, RESOURCES
from realtime.http.schema.openapi import build_openapi
from realtime.http.schema.routes import served_paths, undeclared_paths

Document = dict[str, Any]
_SOME_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def document() -> Document:
    handlers = discover([]).handlers.values()
    return build_openapi([handler for handler in handlers if not handler.internal])


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in document["paths"].items():
        for method in ("get", "post", "delete"):
            if method in item:
                yield path, method, item[method]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(found := value.get("$ref"), str):
            yield found
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def test_it_works(document: Document) -> None:
    validate(document)
    assert document["openapi"] == "3.1.0"
    detail = document["paths"]["/api/requests/{request_id}/"]["get"]
    assert detail["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/RequestDetail")


def test_every_endpoint_is_declared() -> None:
    assert undeclared_paths(RESOURCES, PAGES) == set()


def test_an_endpoint_without_a_declaration_is_noticed() -> None:
    without = [resource for resource in RESOURCES if resource.name != "Topics"]
    assert undeclared_paths(without, PAGES) == {"/api/topics/{topic}/"}


def test_a_resource_counts_once_all_its_paths_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    served = {path: names for path, names in served_paths().items() if path != "/api/datasets/{id_or_name}/"}
    monkeypatch.setattr(routes, "served_paths", lambda: served)
    assert not any(path.startswith("/api/datasets/") for path in routes.served_endpoints(RESOURCES))


def test_a_path_without_its_last_slash_is_the_same() -> None:
    patterns = get_resolver("realtime.http.urls").url_patterns
    named = {str(one.pattern): one.callback for one in patterns if one.name}
    for pattern in patterns:
        if not pattern.name:
            assert named[f"{pattern.pattern}/"] is pattern.callback


def test_the_methods_are_those_that_are_served(document: Document, client: Client) -> None:
    for path, item in document["paths"].items():
        url = re.sub(r"\{\w+_id\}", _SOME_ID, path).replace("{topic}", "a.b").replace("{id_or_name}", "a")
        answer = client.generic("PATCH", url)
        allowed = {method.strip().lower() for method in answer["Allow"].split(",")}
        assert answer.status_code == 405
        assert allowed - {"head", "options"} == set(item) - {"parameters"}, path


def test_every_operation_has_a_name_of_its_own(document: Document) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)


def test_what_needs_a_token_or_a_permission_can_be_refused(document: Document) -> None:
    for path, method, operation in operations(document):
        statuses = set(operation["responses"])
        if operation["security"] == [{"bearer": []}]:
            assert {"401", "503"} <= statuses, (path, method)
        assert "403" in statuses or "x-permission" not in operation, (path, method)
        assert ("413" in statuses) == ("requestBody" in operation), (path, method)


def test_errors_have_the_one_shape(document: Document) -> None:
    for path, _, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= 400 and path.startswith("/api/") and "content" in response:
                [content] = response["content"].values()
                assert content["schema"]["$ref"].endswith("/ErrorAnswer")
                assert set(response["x-error-codes"]) <= set(ErrorCode)


def test_every_action_has_the_schemas_of_payload_and_result(document: Document) -> None:
    handlers = {name: one for name, one in discover([]).handlers.items() if not one.internal}
    assert set(document["x-actions"]) == set(handlers)
    for name, action in document["x-actions"].items():
        assert action["payload"]["$ref"].startswith("#/components/schemas/action.")
        assert action["result"]["$ref"].startswith("#/components/schemas/action."), name


def test_all_references_lead_somewhere(document: Document) -> None:
    found = set(references(document))
    names = {name.removeprefix("#/components/schemas/") for name in found}
    assert len(names) > 50 and names <= set(document["components"]["schemas"])


def test_codes_are_data(document: Document) -> None:
    codes = {one["code"]: one for one in document["x-error-codes"]}
    assert set(codes) == set(ErrorCode) and all(one["description"] for one in codes.values())
    assert codes["RATE_LIMITED"] == {
        "code": "RATE_LIMITED",
        "description": "Too much came in a short time, or too much waits. Wait `retry_after` seconds.",
        "retryable": True,
        "http_status": 429,
    }
    assert codes["PROCESSING_FAILED"]["retryable"] is None


def test_it_says_where_it_is_mounted() -> None:
    assert build_openapi([], mount="/streamer/")["servers"] == [{"url": "/streamer"}]
    assert build_openapi([])["servers"] == [{"url": "/"}]


def test_clients_are_not_told_to_refuse_new_fields(document: Document) -> None:
    results = [name for name in document["components"]["schemas"] if name.endswith("Result")]
    assert results
    for name in ["RequestDetail", "File", "Error", *results]:
        schema = document["components"]["schemas"][name]
        # ``echo`` gives back whatever it got.
        assert schema.get("additionalProperties", True) is True, name
