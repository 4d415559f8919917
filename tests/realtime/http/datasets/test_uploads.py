"""Files of datasets on their way in, as a stream: what is refused, and what is left of what was given up."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError, OperationalError
from pytest_django import Settings

from jobs.models import Dataset
from realtime.http.receiving import body
from realtime.http.uploads import view
from tests.conftest import MakeToken
from tests.realtime.http.datasets.conftest import Ask
from tests.realtime.http.uploading import CSV, DEADLINE_SECONDS, Upload, body_of
from tests.realtime.sockets import aside, until

pytestmark = pytest.mark.django_db(transaction=True)


async def test_it_works_in_a_process_of_its_own(
    make_token: MakeToken, monkeypatch: pytest.MonkeyPatch, left_over: Callable[[], list[Path]]
) -> None:
    monkeypatch.undo()
    upload = Upload(make_token())
    body = body_of()
    for at in range(len(body)):
        await upload.send(body[at : at + 1], more=at + 1 < len(body))
    status, made = await upload.answer()
    assert (status, made["name"], made["rows"]) == (201, "sales", 2)
    await aside(Dataset.objects.all().delete)


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "fields", "text"),
    [
        (b"a,b\n1\n", {}, "line 2 has 1 field, the header has 2"),
        (b"", {}, "The file is empty"),
        (CSV, {"name": "No Name"}, "A name has lower-case letters"),
        (CSV, {"expires_in_days": "soon"}, "expires_in_days: a number of days"),
        (CSV, {"expires_in_days": "-1"}, "expires_in_days: a number of days"),
        (CSV, {"header": "maybe"}, "header: 'true' or 'false'"),
        (CSV, {"sheet": "x"}, "Only workbooks have sheets"),
        (CSV, {"tenant_id": "other"}, "tenant_id: unknown field"),
        (CSV, {"sheet": "x" * 256}, "sheet: at most 255 characters"),
    ],
)
async def test_a_fault_is_named_and_nothing_is_left(
    content: bytes, fields: dict[str, str], text: str, post: Ask, left_over: Callable[[], list[Path]]
) -> None:
    status, body = await post(content, **fields)
    assert status == 400 and body["error"]["code"] == "VALIDATION_ERROR"
    assert body["error"]["message"].startswith(text) and left_over() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no multipart at all",
        body_of()[:-20],
        body_of(field="other"),
        body_of().replace(b"--frontier--", b"--frontier") + body_of(),
        b'--frontier\r\nContent-Disposition: form-data; name="file"\r\n\r\nno file\r\n--frontier--\r\n',
        b"--frontier\r\nContent-Disposition: form-data; name*=a; name*0=b\r\n\r\nx\r\n--frontier--\r\n",
    ],
)
async def test_a_body_that_is_none(body: bytes, make_token: MakeToken, left_over: Callable[[], list[Path]]) -> None:
    status, answer = await (await Upload(make_token()).send(body)).answer()
    assert status == 400 and answer["error"]["code"] == "VALIDATION_ERROR" and left_over() == []


async def test_another_type_of_body(make_token: MakeToken) -> None:
    for kind, told in (("text/csv", 415), ("multipart/form-data", 400), ("multipart/form-data; boundary=", 400)):
        status, answer = await (await Upload(make_token(), content_type=kind).send(CSV)).answer()
        assert (status, answer["error"]["code"]) == (told, "VALIDATION_ERROR")


# --- limits ----------------------------------------------------------------------------------------------------------


async def test_a_length_over_the_limit_is_refused_unread(make_token: MakeToken, settings: Settings) -> None:
    length = settings.STREAMER_DATASET_MAX_BYTES + view.EXTRA_BYTES + 1
    status, body = await Upload(make_token(), content_length=str(length)).answer()
    assert status == 413 and body["error"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_what_gets_too_long_is_refused_before_its_end(
    make_token: MakeToken, settings: Settings, left_over: Callable[[], list[Path]]
) -> None:
    settings.STREAMER_DATASET_MAX_BYTES = 1000
    upload = Upload(make_token())
    await upload.send(body_of(b"a\n" * 600_000), more=True)
    status, body = await upload.answer()
    assert status == 413 and body["error"]["message"] == "The file is larger than 1 kB" and left_over() == []


async def test_a_used_up_quota_is_told_before_the_body(make_token: MakeToken, post: Ask, settings: Settings) -> None:
    _, made = await post()
    settings.STREAMER_DATASET_QUOTA_BYTES = made["size_bytes"]
    status, body = await Upload(make_token()).answer()
    assert status == 409 and body["error"]["code"] == "QUOTA_EXCEEDED" and "delete some" in body["error"]["message"]
    assert (await post(who={"tenant": "other"}))[0] == 201


async def test_a_user_has_few_uploads_at_once(make_token: MakeToken, post: Ask, settings: Settings) -> None:
    settings.STREAMER_UPLOADS_PER_USER = 1
    first = await Upload(make_token()).send(body_of()[:150], more=True)
    await until(lambda: view._under_way["acme", "alice"] == 1, "the first is under way")
    status, body = await Upload(make_token()).answer()
    assert status == 429 and body["error"]["code"] == "RATE_LIMITED" and body["error"]["retry_after"] == 5
    assert (await post(who={"user": "bob"}))[0] == 201
    await first.hang_up()
    assert (await post())[0] == 201


# --- clients that go -------------------------------------------------------------------------------------------------


async def test_a_half_closed_upload_leaves_nothing(make_token: MakeToken, left_over: Callable[[], list[Path]]) -> None:
    upload = Upload(make_token())
    await upload.send(body_of()[:150], more=True)
    await upload.hang_up()
    assert left_over() == [] and await aside(Dataset.objects.count) == 0


async def test_a_client_that_stops_sending_is_given_up(
    make_token: MakeToken, monkeypatch: pytest.MonkeyPatch, left_over: Callable[[], list[Path]]
) -> None:
    monkeypatch.setattr(body, "WINDOW_SECONDS", 0.05)
    upload = await Upload(make_token()).send(body_of()[:150], more=True)
    await upload._communicator.wait(DEADLINE_SECONDS)
    assert left_over() == []


async def test_a_client_that_goes_while_the_file_is_read_gets_no_dataset(
    make_token: MakeToken, monkeypatch: pytest.MonkeyPatch, left_over: Callable[[], list[Path]]
) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(path: Path, folder: Path, options: Any, is_wanted: Callable[[], bool]) -> Any:
        loop.call_soon_threadsafe(begun.set)
        while is_wanted():
            pass
        raise view.GivenUp

    monkeypatch.setattr(view, "ingest_in_process", slow)
    upload = await Upload(make_token()).send(body_of())
    await asyncio.wait_for(begun.wait(), DEADLINE_SECONDS)
    await upload.hang_up()
    assert left_over() == [] and await aside(Dataset.objects.count) == 0


async def test_an_error_of_ours_tells_nothing_of_the_inside(post: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("secret path")

    monkeypatch.setattr(view, "ingest_in_process", partial(crash))
    status, body = await post()
    assert status == 500 and body["error"]["code"] == "INTERNAL_ERROR" and "secret" not in json.dumps(body)


@pytest.mark.parametrize(("error", "told"), [(DataError("no such value"), 500), (OperationalError("away"), 503)])
async def test_only_a_database_that_is_away_is_worth_another_try(
    error: Exception, told: int, post: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(view, "add_dataset", fail)
    status, _ = await post()
    assert status == told
