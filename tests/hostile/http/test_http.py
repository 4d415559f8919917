"""HTTP requests that are no use to anybody: each gets an error in the one shape, and no way in."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tests.acceptance.client import connect
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
NOBODY = UUID(int=0)
PATHS = (
    "/api/actions/",
    "/api/token/",
    "/api/token/refresh/",
    f"/api/requests/{NOBODY}/",
    f"/api/requests/{NOBODY}/events/",
    f"/api/artifacts/{NOBODY}/",
    f"/api/artifacts/{NOBODY}/extend/",
    "/api/datasets/name/",
)
DEPTH = 100_000


def is_our_error(answer: httpx.Response) -> bool:
    return answer.headers["Content-Type"] == "application/json" and "code" in answer.json()["error"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_method_that_is_not_there_is_told_in_json(attacked_stack: LiveStack, path: str) -> None:
    async with httpx.AsyncClient(base_url=attacked_stack.http_url, trust_env=False) as http:
        for method in ("PUT", "PATCH", "TRACE"):
            answer = await http.request(method, path)
            assert answer.status_code == 405 and answer.headers["Allow"] and is_our_error(answer)


@pytest.mark.parametrize("path", [path for path in PATHS if path.endswith(("/token/", "/refresh/", "/extend/"))])
@pytest.mark.parametrize("opening", ["[", '{"more":', '{"more":[{"days":', '{"days":'])
async def test_a_body_that_is_nested_too_deep_is_refused(
    attacked_stack: LiveStack, cast: Callable[[str], str], path: str, opening: str
) -> None:
    headers = {"Authorization": f"Bearer {attacked_stack.token(cast('mallory'))}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=attacked_stack.http_url, trust_env=False, headers=headers) as http:
        answer = await http.post(path, content=opening * DEPTH)
    # Where the containers are counted first, there are too many.
    assert answer.status_code in (413 if path.endswith("/extend/") else 400, 429) and is_our_error(answer)


async def test_metadata_are_small(attacked_stack: LiveStack, cast: Callable[[str], str]) -> None:
    async with connect(attacked_stack, cast("mallory")) as client:
        refused = await client.request("echo_async", metadata={"text": "x" * 900_000})
        assert refused["error"]["code"] == "VALIDATION_ERROR"
        assert refused["error"]["details"]["faults"][0]["path"] == "metadata"
        taken = await client.request("echo_async", metadata={"text": "x" * 16_000})
        assert taken["type"] == "acknowledgment"


async def test_no_other_user_of_the_host_reads_what_is_stored(
    attacked_stack: LiveStack, cast: Callable[[str], str]
) -> None:
    """Store one of everything, then look at the modes of all files and folders: database, keys, logs, files."""
    user = cast("alice")
    headers = {"Authorization": f"Bearer {attacked_stack.token(user)}"}
    async with connect(attacked_stack, user) as client:
        await client.whole_stream(await client.submit("zoo_file"))
    async with httpx.AsyncClient(base_url=attacked_stack.http_url, trust_env=False, headers=headers) as http:
        stored = await http.post(
            "/api/datasets/", files={"file": ("a.csv", b"a,b\n1,2\n")}, data={"name": user.replace("-", "_")}
        )
    assert stored.status_code == 201, stored.text
    folder = attacked_stack.stack.data_dir
    eventually(lambda: any((folder / "files").rglob("*.parquet")), "the dataset is stored")
    assert [path for path in (folder, *folder.rglob("*")) if _is_open(path)] == []


def _is_open(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & 0o077)
    except FileNotFoundError:  # a journal that was there a moment ago
        return False
