"""Datasets over HTTP: made, listed, described, deleted, and by whom."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings

from tests.conftest import MakeToken
from tests.realtime.http.datasets.conftest import Ask
from tests.realtime.http.uploading import Upload

pytestmark = pytest.mark.django_db(transaction=True)


async def test_it_works(post: Ask, ask: Ask, left_over: Callable[[], list[Path]]) -> None:
    status, made = await post(name="north-south", expires_in_days="2")
    assert status == 201 and made["name"] == "north-south" and made["rows"] == 2 and made["kind"] == "dataset"
    assert made["columns"][1] == {"name": "amount", "type": "BIGINT", "nulls": 1}
    described = (await ask("north-south/")).json()
    assert described == made == (await ask(f"{made['dataset_id']}/")).json()
    assert described["sample"] == [{"region": "north", "amount": 1}, {"region": "south", "amount": None}]
    assert [path.suffix for path in left_over()] == [".parquet"]
    listed = (await ask()).json()
    assert listed["next_cursor"] is None and listed["used_bytes"] == made["size_bytes"]
    assert [(one["kind"], one["name"]) for one in listed["datasets"]][-1] == ("dataset", "north-south")
    assert (await ask("north-south/", "delete")).status_code == 204
    assert (await ask("north-south/")).status_code == 404 and left_over() == []


async def test_list_tells_the_limits(ask: Ask, settings: Settings) -> None:
    settings.STREAMER_DATASET_QUOTA_BYTES, settings.STREAMER_DATASET_MAX_BYTES = 7_000, 500
    listed = (await ask()).json()
    assert (listed["used_bytes"], listed["quota_bytes"], listed["upload_bytes"]) == (0, 7_000, 500)


# --- who may ---------------------------------------------------------------------------------------------------------


async def test_without_a_good_token_no_body_is_read(make_token: MakeToken) -> None:
    for token in (None, "x", make_token(ttl_seconds=-60)):
        assert (await Upload(token).answer())[0] == 401
    assert (await Upload(None, path="/api/datasets").answer())[0] == 401


async def test_permissions(make_token: MakeToken, post: Ask, ask: Ask) -> None:
    status, body = await Upload(make_token(permissions=("datasets.read",))).answer()
    assert status == 403 and body["error"]["details"] == {"permission": "datasets.write"}
    await post()
    for path, method in (("", "get"), ("sales/", "get")):
        assert (await ask(path, method, permissions=("datasets.write",))).status_code == 403
        assert (await ask(path, method, permissions=("datasets.read",))).status_code == 200
    assert (await ask("sales/", "delete", permissions=("datasets.read",))).status_code == 403
    assert (await ask("sales/", "delete", permissions=("datasets.write",))).status_code == 204


async def test_a_dataset_is_its_tenants(post: Ask, ask: Ask) -> None:
    _, made = await post()
    assert (await ask("sales/", user="bob")).status_code == 200
    for key in ("sales", made["dataset_id"]):
        for method in ("get", "delete"):
            foreign = await ask(f"{key}/", method, tenant="other")
            missing = await ask(f"{uuid4()}/", method, tenant="other")
            assert foreign.status_code == missing.status_code == 404 and foreign.content == missing.content
    assert "sales" not in {one["name"] for one in (await ask(tenant="other")).json()["datasets"]}
    assert (await ask("sales/")).status_code == 200


# --- the list --------------------------------------------------------------------------------------------------------


async def test_the_list_comes_in_pages(post: Ask, ask: Ask) -> None:
    for _ in range(3):
        await post()
    first = (await ask("?limit=2")).json()
    rest = (await ask(f"?limit=2&cursor={first['next_cursor']}")).json()
    names = [one["name"] for one in [*first["datasets"], *rest["datasets"]] if one["kind"] == "dataset"]
    assert names == ["sales_3", "sales_2", "sales"] and rest["next_cursor"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=", "limit=٣", "cursor=x", "cursor=%00"])
async def test_a_page_that_cannot_be(query: str, ask: Ask) -> None:
    assert (await ask(f"?{query}")).status_code == 400


async def test_sources_are_described_and_stay(ask: Ask, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "days.csv").write_text("day,value,kind\n2024-01-31,1.5,x\n")
    roles = {"date": "day", "value": "value", "category": "kind"}
    settings.STREAMER_SOURCES = {"days": {"label": "Days", "files": str(tmp_path / "days.csv"), **roles}}
    described = (await ask("days/")).json()
    assert described["kind"] == "source" and described["sample"] == [{"day": "2024-01-31", "value": 1.5, "kind": "x"}]
    assert described["columns"][0] == {"name": "day", "type": "DATE"}
    assert (await ask()).json()["datasets"][0]["name"] == "days"
    assert (await ask("days/", "delete")).status_code == 403
    (tmp_path / "days.csv").unlink()
    assert (await ask("days/")).json()["error"]["code"] == "PROCESSING_FAILED"
