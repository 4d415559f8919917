"""A report from end to end: asked for on the socket, made from the sample by a worker, fetched over HTTP."""

import csv
import hashlib
import io
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import openpyxl  # type: ignore[import-untyped]
import pypdf
import pytest

from tests.acceptance.client import connect
from tests.acceptance.figures import Figures
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
SPRING = {"start_date": "2025-03-01", "end_date": "2025-05-31", "source": "sample"}
YEAR = {"start_date": "2025-01-01", "end_date": "2025-12-31", "source": "sample"}
REPORT_SECONDS = 60.0


@pytest.fixture
async def http(live_stack: LiveStack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=live_stack.http_urls[1], trust_env=False, timeout=30) as client:
        yield client


def _is_pdf(content: bytes) -> bool:
    return any(page.extract_text().strip() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def _is_csv(content: bytes) -> bool:
    heading, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    return len(rows) > 1000 and {len(row) for row in rows} == {len(heading)}


def _is_excel(content: bytes) -> bool:
    workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    return all(any(True for _ in sheet.iter_rows(max_row=1)) for sheet in workbook.worksheets)


@pytest.mark.parametrize(
    ("payload", "suffix", "is_readable"),
    [
        ({**SPRING, "format": "pdf"}, ".pdf", _is_pdf),
        ({**YEAR, "format": "csv"}, ".csv", _is_csv),
        ({**SPRING, "format": "excel"}, ".xlsx", _is_excel),
    ],
    ids=["pdf", "csv", "excel"],
)
async def test_it_works(
    live_stack: LiveStack,
    alice: str,
    http: httpx.AsyncClient,
    figures: Figures,
    payload: dict[str, Any],
    suffix: str,
    is_readable: Callable[[bytes], bool],
) -> None:
    async with connect(live_stack, alice) as client:
        request_id = await client.submit("generate_report", payload)
        stream = await client.whole_stream(request_id, seconds=REPORT_SECONDS)
    final = stream[-1]
    assert final["type"] == "complete", final
    figures.add(f"a report as {payload['format']}, in the worker", final["timestamp"] - stream[0]["timestamp"])
    (artifact,) = final["artifacts"]
    assert artifact["filename"].endswith(suffix)
    assert all(final["result"][name] == artifact[name] for name in ("artifact_id", "url", "size_bytes", "sha256"))
    assert is_readable(await _fetch(http, artifact))


async def test_a_small_one_is_answered_on_the_spot(live_stack: LiveStack, alice: str, http: httpx.AsyncClient) -> None:
    async with connect(live_stack, alice) as client:
        response = await client.request("generate_report", {**SPRING, "end_date": "2025-03-31", "format": "csv"})
    assert response["type"] == "response", response
    (artifact,) = response["metadata"]["artifacts"]
    assert _is_csv(await _fetch(http, artifact))


async def _fetch(http: httpx.AsyncClient, artifact: dict[str, Any]) -> bytes:
    """Fetch the file by its signed URL alone. It must be the announced one."""
    fetched = await http.get(artifact["url"])
    assert fetched.status_code == 200
    assert fetched.headers["content-type"].partition(";")[0] == artifact["media_type"]
    assert len(fetched.content) == artifact["size_bytes"] == int(fetched.headers["content-length"])
    assert hashlib.sha256(fetched.content).hexdigest() == artifact["sha256"]
    return fetched.content


@pytest.fixture
async def artifact(live_stack: LiveStack, alice: str) -> dict[str, Any]:
    """Make a small file of Alice's."""
    async with connect(live_stack, alice) as client:
        stream = await client.whole_stream(await client.submit("zoo_file", {"text": "0123456789"}))
    result: dict[str, Any] = stream[-1]["result"]
    return result


async def test_a_download_can_be_resumed(http: httpx.AsyncClient, artifact: dict[str, Any]) -> None:
    first = await http.get(artifact["url"], headers={"Range": "bytes=0-3"})
    assert (first.status_code, first.content) == (206, b"0123")
    assert first.headers["content-range"] == "bytes 0-3/10"
    rest = await http.get(artifact["url"], headers={"Range": "bytes=4-", "If-Range": first.headers["etag"]})
    assert (rest.status_code, rest.content) == (206, b"456789")
    assert (await http.get(artifact["url"], headers={"Range": "bytes=10-"})).status_code == 416


async def test_only_its_owner_gets_it(
    live_stack: LiveStack, alice: str, bob: str, http: httpx.AsyncClient, artifact: dict[str, Any]
) -> None:
    unsigned = f"/api/artifacts/{artifact['artifact_id']}/"
    unknown = await http.get(f"/api/artifacts/{uuid.uuid4()}/")
    assert unknown.status_code == 404
    refused = [
        (unsigned, {}),
        (f"{unsigned}?expires=9999999999&signature=made-up", {}),
        (artifact["url"].replace("expires=", "expires=1"), {}),
        (artifact["url"][:-1], {}),
        (unsigned, _bearer(live_stack.token(bob))),
        (unsigned, _bearer(live_stack.token(alice, "other"))),
        (artifact["url"], _bearer(live_stack.token(bob))),
    ]
    for url, headers in refused:
        answer = await http.get(url, headers=headers)
        assert (answer.status_code, answer.content) == (404, unknown.content), (url, headers)
    own = await http.get(unsigned, headers=_bearer(live_stack.token(alice)))
    assert (own.status_code, own.content) == (200, b"0123456789")


async def test_one_signature_opens_one_file(
    live_stack: LiveStack, bob: str, http: httpx.AsyncClient, artifact: dict[str, Any]
) -> None:
    async with connect(live_stack, bob) as client:
        stream = await client.whole_stream(await client.submit("zoo_file"))
    _, _, query = stream[-1]["result"]["url"].partition("?")
    assert (await http.get(f"/api/artifacts/{artifact['artifact_id']}/?{query}")).status_code == 404


async def test_the_file_of_a_failed_request_is_not_there(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as client:
        request_id = await client.submit("zoo_file", {"fail": True})
        assert (await client.whole_stream(request_id))[-1]["type"] == "error"
    folder = live_stack.stack.data_dir
    # The worker deletes the file after the final message: a slow storage must not hold that back.
    eventually(lambda: not list(folder.glob(f"files/artifacts/{request_id}/**/*.txt")), "the file is deleted")


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
