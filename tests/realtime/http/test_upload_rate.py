"""Uploads that come too fast are refused before their bodies are read."""

import pytest
from pytest_django import Settings

from tests.conftest import MakeToken
from tests.realtime.http.uploading import Upload

pytestmark = pytest.mark.django_db(transaction=True)


async def status_of(token: str) -> int:
    """Upload a body that holds nothing: if it is read at all, it is at fault."""
    status, _ = await (await Upload(token).send(b"nothing")).answer()
    return status


async def test_it_works(make_token: MakeToken, settings: Settings) -> None:
    settings.STREAMER_UPLOAD_RATE_PER_USER = 0.1
    assert await status_of(make_token()) == 400
    status, body = await Upload(make_token()).answer()
    assert status == 429 and 0 < body["error"]["retry_after"] <= 10
    assert body["error"]["details"] == {"limit": "uploads", "by": "user", "per_second": 0.1}
    assert await status_of(make_token(user="bob")) == 400


async def test_an_upload_without_room_costs_nothing(make_token: MakeToken, settings: Settings) -> None:
    settings.STREAMER_UPLOAD_RATE_PER_TENANT = 0.1
    settings.STREAMER_DATASET_QUOTA_BYTES = 0
    assert [(await Upload(make_token()).answer())[0] for _ in range(3)] == [409] * 3
    settings.STREAMER_DATASET_QUOTA_BYTES = 1_000_000
    assert [await status_of(make_token()) for _ in range(2)] == [400, 429]
