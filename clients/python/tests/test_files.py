"""Files on their way, over a network that cuts them."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
from fakes.scripted_http import Request, Response, as_json, serving

from streamer_client import Client, NotFound, TransferFailed, ValidationFailed
from streamer_client.core import reconnect
from streamer_client.files.download import wanted_of
from streamer_client.transports.http import api

CONTENT = bytes(range(256)) * 4_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ARTIFACT = {
    "artifact_id": "9b1d",
    "url": "/api/artifacts/9b1d/?expires=1&signature=secret",
    "filename": "report.csv",
    "size_bytes": len(CONTENT),
    "sha256": SHA256,
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconnect, "BASE_SECONDS", 0.001)


class Files:
    """Serves one file, and cuts the first answers after so many bytes."""

    def __init__(self, *cuts: int, content: bytes = CONTENT) -> None:
        self.ranges: list[str | None] = []
        self._cuts = list(cuts)
        self._content = content

    async def answer(self, request: Request) -> Response:
        if request.method == "POST":
            return as_json({"dataset_id": "1"}, 201)
        if not request.path.startswith("/api/artifacts/"):
            return Response(426)
        self.ranges.append(request.headers.get("range"))
        first = 0
        if self.ranges[-1] and request.headers.get("if-range", f'"{SHA256}"') == f'"{SHA256}"':
            first = int(self.ranges[-1].removeprefix("bytes=").rstrip("-"))
        rest = self._content[first:]
        body = rest[: self._cuts.pop(0)] if self._cuts else rest
        return Response(206 if first else 200, body, {"Content-Length": str(len(rest))})


async def fetch(files: Any, artifact: Any, path: Path, token: str | None = "t", **options: Any) -> Path:
    async with serving(files.answer) as server, Client(server.url, token=token, proxy=None) as client:
        return await client.download(artifact, path, **options)


async def test_a_file_arrives_in_a_folder_under_its_name(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    path = await fetch(Files(), ARTIFACT, tmp_path, on_bytes=lambda *how_far: seen.append(how_far))
    assert path == tmp_path / "report.csv" and path.read_bytes() == CONTENT
    assert seen[0] == (0, len(CONTENT)) and seen[-1] == (len(CONTENT), len(CONTENT))
    assert list(tmp_path.iterdir()) == [path]


async def test_a_lost_connection_is_gone_on_from(tmp_path: Path) -> None:
    files = Files(300_000, 300_000)
    path = await fetch(files, ARTIFACT, tmp_path / "mine.csv")
    assert path.read_bytes() == CONTENT
    assert files.ranges == [None, "bytes=300000-", "bytes=600000-"]


async def test_another_process_goes_on_from_the_part(tmp_path: Path) -> None:
    (tmp_path / "report.csv.part").write_bytes(CONTENT[:1_000])
    files = Files()
    assert (await fetch(files, ARTIFACT, tmp_path)).read_bytes() == CONTENT
    assert files.ranges == ["bytes=1000-"]


@pytest.mark.parametrize("left", [1_000, len(CONTENT)])
async def test_a_part_of_another_file_is_found_out_and_fetched_anew(left: int, tmp_path: Path) -> None:
    (tmp_path / "report.csv.part").write_bytes(b"x" * left)
    files = Files()
    path = await fetch(files, ARTIFACT, tmp_path)
    assert path.read_bytes() == CONTENT and files.ranges[-1] is None
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("has_part", [False, True])
async def test_a_file_with_other_content_is_found_out(has_part: bool, tmp_path: Path) -> None:
    if has_part:
        (tmp_path / "report.csv.part").write_bytes(CONTENT[:1_000])
    with pytest.raises(TransferFailed, match="sha256"):
        await fetch(Files(content=CONTENT[::-1]), ARTIFACT, tmp_path)
    assert list(tmp_path.iterdir()) == []


class Named(Files):
    """Tells what the service tells of a file."""

    async def answer(self, request: Request) -> Response:
        response = await super().answer(request)
        told = {"ETag": f'"{SHA256}"', "Content-Disposition": "attachment; filename*=utf-8''r%C3%A4.csv"}
        return Response(response.status, response.body, {**response.headers, **told})


async def test_a_url_alone_is_gone_on_from_checked_and_named_as_the_service_says(tmp_path: Path) -> None:
    (tmp_path / "9b1d.part").write_bytes(CONTENT[:1_000])
    files = Named(300_000)
    path = await fetch(files, ARTIFACT["url"], tmp_path)
    assert path == tmp_path / "rä.csv" and path.read_bytes() == CONTENT
    assert files.ranges == ["bytes=1000-", "bytes=301000-"]
    with pytest.raises(TransferFailed, match="sha256"):
        await fetch(Named(content=CONTENT[::-1]), ARTIFACT["url"], tmp_path)


async def test_a_url_alone_with_a_name_for_the_file_keeps_that(tmp_path: Path) -> None:
    path = await fetch(Named(), ARTIFACT["url"], tmp_path / "mine.csv")
    assert path == tmp_path / "mine.csv" and list(tmp_path.iterdir()) == [path]


async def test_a_file_of_another_size_is_found_out(tmp_path: Path) -> None:
    artifact = {**ARTIFACT, "sha256": None, "size_bytes": len(CONTENT) - 1}
    with pytest.raises(TransferFailed, match="bytes instead of"):
        await fetch(Files(), artifact, tmp_path)


async def test_the_token_goes_in_place_of_the_signature(tmp_path: Path) -> None:
    async with serving(Files().answer) as server, Client(server.url, token="t", proxy=None) as client:
        await client.download(ARTIFACT, tmp_path)
    [request] = server.paths("GET", "/api/artifacts/9b1d/")
    assert request.query == {} and request.headers["authorization"] == "Bearer t"


async def test_a_signed_url_of_somebody_else_works(tmp_path: Path) -> None:
    class OfAnother(Files):
        async def answer(self, request: Request) -> Response:
            if "authorization" in request.headers and request.path.startswith("/api/artifacts/"):
                return as_json({"error": {"code": "NOT_FOUND", "message": "Not found"}}, 404)
            return await super().answer(request)

    assert (await fetch(OfAnother(), ARTIFACT, tmp_path)).read_bytes() == CONTENT


async def test_the_token_goes_to_no_other_host(tmp_path: Path) -> None:
    async with (
        serving(Files().answer) as other,
        serving(Files().answer) as server,
        Client(server.url, token="t", proxy=None) as client,
    ):
        await client.download({**ARTIFACT, "url": f"{other.url}/api/artifacts/9b1d/"}, tmp_path)
    assert "authorization" not in other.requests[0].headers


async def test_what_does_not_exist_is_not_found(tmp_path: Path) -> None:
    class Nothing(Files):
        async def answer(self, request: Request) -> Response:
            return as_json({"error": {"code": "NOT_FOUND", "message": "Not found"}}, 404)

    with pytest.raises(NotFound):
        await fetch(Nothing(), "/api/artifacts/9b1d/", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/evil.csv", "..\\evil.csv"])
def test_a_filename_leads_into_no_other_folder(name: str) -> None:
    assert wanted_of({**ARTIFACT, "filename": name}).filename == "evil.csv"


async def test_an_upload_tells_how_far_it_is(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"a,b\n" + b"1,2\n" * 100_000)
    seen: list[tuple[int, int | None]] = []
    async with serving(Files().answer) as server, Client(server.url, token="t", proxy=None) as client:
        got = await client.upload(tmp_path / "t.csv", name="sales", on_bytes=lambda *how_far: seen.append(how_far))
    assert got == {"dataset_id": "1"}
    [request] = server.paths("POST", "/api/datasets/")
    assert b'name="name"\r\n\r\nsales\r\n' in request.body and request.body.count(b"1,2\n") == 100_000
    assert seen[-1] == (400_004, 400_004) and len(seen) > 3


async def test_an_upload_may_take_the_service_longer_than_other_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.csv").write_bytes(b"a,b\n")
    monkeypatch.setattr(api, "READ_SECONDS", 0.05)

    async def answer(request: Request) -> Response:
        await asyncio.sleep(0.2)
        return as_json({"dataset_id": "1"}, 201)

    async with serving(answer) as server, Client(server.url, token="t", proxy=None) as client:
        assert await client.upload(tmp_path / "t.csv") == {"dataset_id": "1"}


async def test_an_upload_that_is_refused_is_typed(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"a,b\n")

    async def answer(request: Request) -> Response:
        return as_json({"error": {"code": "VALIDATION_ERROR", "message": "It is no table"}}, 400)

    async with serving(answer) as server, Client(server.url, token="t", proxy=None) as client:
        with pytest.raises(ValidationFailed, match="It is no table"):
            await client.upload(tmp_path / "t.csv")
