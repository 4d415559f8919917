from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import AsyncClient
from django.utils import timezone

from jobs.files.artifacts import CHUNK_BYTES, signed_url
from jobs.models import Artifact
from realtime.revocations.table import TABLE
from realtime.revocations.writing import revoke_tokens
from tests.conftest import MakeToken
from tests.jobs.building import submit
from tests.realtime.sockets import aside

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = bytes(range(100))
Get = Callable[..., Awaitable[Any]]


def make_artifact(content: bytes = CONTENT, **changed: Any) -> Artifact:
    name = default_storage.save(f"artifacts/{uuid4()}/a.bin", ContentFile(content))
    fields = {
        "request_id": submit(),
        "tenant_id": "acme",
        "user_id": "alice",
        "filename": "bericht_ü.csv",
        "media_type": "text/csv",
        "size_bytes": len(content),
        "sha256": f"{len(content):064d}",
        "storage_name": name,
        "expires_at": timezone.now() + timedelta(hours=1),
        **changed,
    }
    return Artifact.objects.create(**fields)


def path_of(row: Artifact) -> str:
    url = urlsplit(signed_url(row))
    return f"{url.path}?{url.query}"


@pytest.fixture
async def artifact() -> Artifact:
    return await aside(make_artifact)


@pytest.fixture
def get(async_client: AsyncClient) -> Get:
    async def ask(path: str, **headers: str) -> Any:
        return await async_client.get(path, headers={name.replace("_", "-"): item for name, item in headers.items()})

    return ask


async def body_of(response: Any) -> bytes:
    if not response.streaming:
        return bytes(response.content)
    if response.is_async:
        return b"".join([chunk async for chunk in response.streaming_content])
    return b"".join(response.streaming_content)


async def test_it_works(artifact: Artifact, get: Get) -> None:
    response = await get(path_of(artifact))
    assert response.status_code == 200 and await body_of(response) == CONTENT
    assert response["Content-Type"] == "text/csv" and response["Content-Length"] == "100"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''bericht_%C3%BC.csv"
    assert response["ETag"] == f'"{artifact.sha256}"' and response["Accept-Ranges"] == "bytes"
    assert response["X-Content-Type-Options"] == "nosniff" and response["Cache-Control"].startswith("private")


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 1])
async def test_a_file_of_any_length_comes_whole(size: int, get: Get) -> None:
    row = await aside(make_artifact, b"x" * size)
    response = await get(path_of(row))
    assert response.status_code == 200 and response["Content-Length"] == str(size)
    assert await body_of(response) == b"x" * size


async def test_the_head_alone_can_be_asked_for(artifact: Artifact, async_client: AsyncClient) -> None:
    response = await async_client.head(path_of(artifact))
    assert response.status_code == 200 and response["Content-Length"] == "100"
    assert await body_of(response) == b""


# --- ranges (RFC 9110, section 14) -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-9", 0, 9),
        ("bytes=40-59", 40, 59),
        ("bytes=90-", 90, 99),
        ("bytes=0-", 0, 99),
        ("bytes=-10", 90, 99),
        ("bytes=-100", 0, 99),
        ("bytes=-1000", 0, 99),
        ("bytes=95-1000", 95, 99),
        ("bytes=99-99", 99, 99),
        ("bytes= 5 - 6", 5, 6),
    ],
)
async def test_a_part_can_be_asked_for(asked: str, first: int, last: int, artifact: Artifact, get: Get) -> None:
    response = await get(path_of(artifact), Range=asked)
    assert response.status_code == 206 and await body_of(response) == CONTENT[first : last + 1]
    assert response["Content-Range"] == f"bytes {first}-{last}/100"
    assert response["Content-Length"] == str(last + 1 - first)


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=1000-", "bytes=-0"])
async def test_a_part_outside_the_file_cannot_be_had(asked: str, artifact: Artifact, get: Get) -> None:
    response = await get(path_of(artifact), Range=asked)
    assert response.status_code == 416 and response["Content-Range"] == "bytes */100"
    assert await body_of(response) == b""


async def test_an_empty_file_has_no_parts(get: Get) -> None:
    row = await aside(make_artifact, b"")
    assert (await get(path_of(row), Range="bytes=0-")).status_code == 416


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "bytes=-", "bytes=", "items=0-5", "bytes=a-b", "0-5", "bytes=0x1-5", "bytes=1-2-3", ""]
)
async def test_a_range_that_is_none_is_ignored(asked: str, artifact: Artifact, get: Get) -> None:
    response = await get(path_of(artifact), Range=asked)
    assert response.status_code == 200 and await body_of(response) == CONTENT


async def test_a_part_is_sent_only_of_the_same_file(artifact: Artifact, get: Get) -> None:
    same = await get(path_of(artifact), Range="bytes=0-9", If_Range=f'"{artifact.sha256}"')
    assert same.status_code == 206 and await body_of(same) == CONTENT[:10]
    for other in ('"another"', f'W/"{artifact.sha256}"', "Sat, 31 Jan 2026 00:00:00 GMT"):
        response = await get(path_of(artifact), Range="bytes=0-9", If_Range=other)
        assert response.status_code == 200 and await body_of(response) == CONTENT


# --- who may have it -------------------------------------------------------------------------------------------------


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_the_owners_token_opens_it_without_a_signature(
    artifact: Artifact, get: Get, make_token: MakeToken
) -> None:
    response = await get(f"/api/artifacts/{artifact.id}/", **bearer(make_token()))
    assert response.status_code == 200 and await body_of(response) == CONTENT


async def test_anybody_else_learns_nothing_of_it(artifact: Artifact, get: Get, make_token: MakeToken) -> None:
    signed, plain = path_of(artifact), f"/api/artifacts/{artifact.id}/"
    expires = signed.partition("expires=")[2].partition("&")[0]
    other = await aside(make_artifact, user_id="bob")
    refused = [
        await get(plain),
        await get(f"{plain}?expires={expires}&signature=x"),
        await get(f"{plain}?expires={int(expires) + 60}&{signed.partition('&')[2]}"),
        await get(signed.replace(str(artifact.id), str(other.id))),
        await get(plain, **bearer(make_token("bob"))),
        await get(signed, **bearer(make_token("bob"))),
        await get(signed, **bearer(make_token(tenant="other"))),
        await get(signed, **bearer("x")),
        await get(signed, **bearer(make_token(ttl_seconds=-60))),
        await get(f"/api/artifacts/{uuid4()}/", **bearer(make_token())),
    ]
    assert {response.status_code for response in refused} == {404}
    assert len({response.content for response in refused}) == 1


async def test_a_file_that_has_expired_is_gone(get: Get, make_token: MakeToken) -> None:
    row = await aside(make_artifact, expires_at=timezone.now() - timedelta(seconds=1))
    assert (await get(path_of(row))).status_code == 404
    assert (await get(f"/api/artifacts/{row.id}/", **bearer(make_token()))).status_code == 404


async def test_a_row_whose_file_is_missing_is_gone_too(artifact: Artifact, get: Get) -> None:
    await aside(default_storage.delete, artifact.storage_name)
    assert (await get(path_of(artifact))).status_code == 404


async def test_it_is_there_to_read(artifact: Artifact, async_client: AsyncClient) -> None:
    assert (await async_client.post(path_of(artifact))).status_code == 405


async def test_its_owner_may_see_it_in_place(artifact: Artifact, get: Get, make_token: MakeToken) -> None:
    response = await get(f"/api/artifacts/{artifact.id}/?inline=1", **bearer(make_token()))
    assert response["Content-Disposition"].startswith("inline") and await body_of(response) == CONTENT
    assert response["Content-Type"] == "text/plain; charset=utf-8" and "sandbox" in response["Content-Security-Policy"]
    by_link = await get(f"{path_of(artifact)}&inline=1")
    assert by_link["Content-Disposition"].startswith("attachment") and await body_of(by_link) == CONTENT


async def test_a_page_of_this_site_may_frame_it_by_its_link(get: Get) -> None:
    row = await aside(make_artifact, media_type="application/pdf", filename="report.pdf")
    framed = {"Sec_Fetch_Site": "same-origin", "Sec_Fetch_Dest": "iframe"}
    response = await get(f"{path_of(row)}&inline=1", **framed)
    assert response["Content-Disposition"].startswith("inline") and response["X-Frame-Options"] == "SAMEORIGIN"
    assert await body_of(response) == CONTENT
    for other in ({"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Dest": "document"}):
        response = await get(f"{path_of(row)}&inline=1", **{**framed, **other})
        assert response["Content-Disposition"].startswith("attachment") and response["X-Frame-Options"] == "DENY"
        assert await body_of(response) == CONTENT


async def test_who_goes_away_leaves_no_open_file(artifact: Artifact, get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    really = default_storage.open

    def remember(name: str) -> Any:
        opened.append(really(name))
        return opened[-1]

    monkeypatch.setattr(
        "realtime.http.artifacts.download.default_storage", type("S", (), {"open": staticmethod(remember)})
    )
    response = await get(path_of(artifact))
    response.close()
    assert [file.closed for file in opened] == [True]


# --- revoked access --------------------------------------------------------------------------------------------------


@pytest.fixture
def opens(get: Get) -> Get:
    """Return ``await opens(path, …)``, which tells if the file comes, and not a 404."""

    async def ask(path: str, **headers: str) -> bool:
        response = await get(path, **headers)
        assert response.status_code in {200, 404}
        return (await body_of(response)) == CONTENT

    return ask


async def test_a_url_of_before_the_revocation_opens_nothing_and_a_new_one_does(
    opens: Get, artifact: Artifact, make_token: MakeToken
) -> None:
    before = path_of(artifact)
    elsewhere = await aside(make_artifact, user_id="bob")
    assert await opens(before)
    await aside(lambda: revoke_tokens(user_id="alice"))
    await aside(TABLE.refresh)
    after = path_of(artifact)
    assert not await opens(before)
    assert await opens(after) and await opens(path_of(elsewhere))
    assert await opens(after.partition("?")[0], Authorization=f"Bearer {make_token()}")


async def test_a_worker_that_knows_of_no_revocation_makes_good_urls_of_new_files(opens: Get) -> None:
    await aside(lambda: revoke_tokens(user_id="alice"))
    artifact = await aside(make_artifact)
    TABLE.forget()
    of_worker = path_of(artifact)
    assert await opens(of_worker)


async def test_a_void_token_opens_no_file(opens: Get, artifact: Artifact, make_token: MakeToken) -> None:
    old = make_token()
    await aside(lambda: revoke_tokens(user_id="alice"))
    await aside(TABLE.refresh)
    assert not await opens(path_of(artifact), Authorization=f"Bearer {old}")
