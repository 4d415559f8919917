"""The application answers any call as the OpenAPI document says: a status it names, and a body of that shape."""

import asyncio
import json
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from jobs.contract.registry import all_handlers
from jobs.models import Artifact, Dataset
from realtime.http.schema.audience import public_handlers
from realtime.http.schema.openapi import build_openapi
from streamer_site.asgi import application
from tests.conftest import MakeToken
from tests.jobs.building import make_submission, run_next, store
from tests.realtime.http.schema.drawing import any_json, fitting, text
from tests.realtime.http.schema.test_openapi import operations
from tests.realtime.sockets import end_all_tasks
from tests.realtime.wire.server.fitting import closed

pytestmark = pytest.mark.django_db(transaction=True)
_EXAMPLES = 12
# Each upload starts a process.
_FEW = {"uploadDataset": 3}
# Nobody has the name, the password and the token of the examples, no user has the operator's token, and what has ended
# cannot be cancelled.
_CANNOT = {"obtainToken", "obtainTokenByLink", "refreshToken", "signOut", "getHealthDetails", "cancelRequest"}
_OPERATIONS = [operation["operationId"] for _, _, operation in operations(build_openapi([]))]
Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call, ready to be sent."""

    method: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    """Arguments of httpx."""


@pytest.fixture(scope="module")
def document() -> Document:
    assert all_handlers()
    return build_openapi(public_handlers())


@pytest.fixture
def known(make_token: MakeToken) -> Mapping[str, str]:
    """Make a request with a file, and return the values of parameters that lead to it."""
    request_id = store(make_submission("zoo_file"))
    run_next()
    file = Artifact.objects.get(request_id=request_id)
    dataset = make_dataset()
    return {
        "request_id": str(request_id),
        "artifact_id": str(file.id),
        "id_or_name": dataset.name,
        "topic": "tenant.acme.feeds.a",
    }


def make_dataset() -> Dataset:
    column = {"name": "a", "type": "BIGINT", "nulls": 0}
    sizes = {"uploaded_bytes": 4, "size_bytes": 300, "sha256": "00", "storage_name": "datasets/none.parquet"}
    table = {"columns": [column], "rows": 1, "sample": [{"a": 1}]}
    whose = {"tenant_id": "acme", "user_id": "alice", "name": "towns", "filename": "towns.csv", "format": "csv"}
    return Dataset.objects.create(**whose, **sizes, **table)


@pytest.fixture
def run() -> Iterator[Any]:
    """Run coroutines, all on one event loop."""
    loop = asyncio.new_event_loop()

    def run_one(work: Coroutine[Any, Any, Any]) -> Any:
        return loop.run_until_complete(work)

    yield run_one
    run_one(end_all_tasks())
    loop.close()


@pytest.mark.parametrize("name", _OPERATIONS)
def test_it_answers_as_the_document_says(
    name: str, document: Document, known: Mapping[str, str], run: Any, make_token: MakeToken
) -> None:
    path, method, operation = next(one for one in operations(document) if one[2]["operationId"] == name)
    tokens = [make_token(permissions=("*", "tenant.read")), make_token(permissions=()), "no.good.token", None]
    first = good_call(path, method, operation, known, str(tokens[0]))
    response = run(send(first))
    assert_described(response, operation, document)
    assert response.is_success or name in _CANNOT, response.text

    @settings(
        max_examples=_FEW.get(name, _EXAMPLES),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def check(data: st.DataObject) -> None:
        call = data.draw(calls(path, method, operation, document, known, tokens))
        assert_described(run(send(call)), operation, document)

    check()


def good_call(path: str, method: str, operation: Document, known: Mapping[str, str], token: str) -> Call:
    """Make the call of a client that does all as it should."""
    [media] = operation.get("requestBody", {"content": {"": {}}})["content"].values()
    body: dict[str, Any] = {"json": media["example"]} if "example" in media else {}
    if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
        body = {"files": {"file": ("a.csv", b"a,b\n1,2\n")}, "data": {"name": "mine"}}
    headers = {"Authorization": f"Bearer {token}"}
    return Call(method=method, url=_url(path, known), query={}, headers=headers, body=body)


def calls(
    path: str, method: str, operation: Document, document: Document, known: Mapping[str, str], tokens: list[str | None]
) -> st.SearchStrategy[Call]:
    components = document["components"]["schemas"]
    in_path = [one["name"] for one in document["paths"][path].get("parameters", [])]
    # Most of the time it is what leads somewhere: there is nothing to find out behind a 404.
    values = {name: st.sampled_from([known[name]] * 3 + ["x", "0" * 36, "%", "a b"]) for name in in_path}
    url = st.fixed_dictionaries(values).map(lambda given: _url(path, given))
    # A long poll would wait.
    parameters = [one for one in operation.get("parameters", []) if one["name"] not in ("wait", "Prefer")]
    query = {one["name"]: _as_text(one["schema"], components) for one in parameters if one["in"] == "query"}
    headers = {
        one["name"]: st.sampled_from(["bytes=0-3", "bytes=9-", "x"]) for one in parameters if one["in"] == "header"
    }
    authorization = st.sampled_from([tokens[0]] * 3 + tokens).map(
        lambda token: {} if token is None else {"Authorization": f"Bearer {token}"}
    )
    return st.builds(
        lambda url, query, own, token, body: Call(
            method=method, url=url, query=query, headers={**own, **token}, body=body
        ),
        url,
        st.fixed_dictionaries({}, optional=query),
        st.fixed_dictionaries({}, optional=headers),
        authorization,
        _bodies(operation, components),
    )


def _url(path: str, given: Mapping[str, str]) -> str:
    for name, value in given.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def _as_text(schema: Document, components: Document) -> st.SearchStrategy[str]:
    return fitting(schema, components).map(str) | st.sampled_from(["", "-1", "x", "\x00", "1e9"])


def _bodies(operation: Document, components: Document) -> st.SearchStrategy[Mapping[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        right = fitting(content["application/json"]["schema"], components)
        sent = (right | any_json).map(json.dumps).map(str.encode) | st.binary(max_size=12)
        return sent.map(lambda body: {"content": body, "headers": {"Content-Type": "application/json"}})
    if content:
        names = st.dictionaries(st.sampled_from(["name", "header", "sheet", "more"]), text, max_size=2)
        files = st.sampled_from([b"", b"a,b\n1,2\n", b"\xff\xfe"])
        return st.builds(lambda file, fields: {"files": {"file": ("a.csv", file)}, "data": fields}, files, names)
    return st.just({})


async def send(call: Call) -> httpx.Response:
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        body = dict(call.body)
        headers = {**call.headers, **body.pop("headers", {})}
        return await client.request(call.method, call.url, params=call.query, headers=headers, **body)


def assert_described(response: httpx.Response, operation: Document, document: Document) -> None:
    status = response.status_code
    assert status < 500, response.text
    assert str(status) in operation["responses"], f"{status} is not declared: {response.text[:300]}"
    content = operation["responses"][str(status)].get("content")
    if content is None:
        assert response.content == b""
        return
    media_type = response.headers["Content-Type"].partition(";")[0]
    assert media_type in content or "*/*" in content
    if media_type == "application/json" and media_type in content:
        schemas = {**document["components"]["schemas"], "it": content[media_type]["schema"]}
        body = {"$ref": "#/components/schemas/it", "components": {"schemas": closed(schemas)}}
        faults = [
            f"{fault.json_path}: {fault.message[:200]}"
            for fault in Draft202012Validator(body).iter_errors(response.json())
        ]
        assert faults == []
    if codes := operation["responses"][str(status)].get("x-error-codes"):
        assert response.json()["error"]["code"] in codes
