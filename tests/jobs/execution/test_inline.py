import asyncio
import gc
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from pytest_django import Settings

from jobs.contract.registry import all_handlers
from jobs.execution import inline
from jobs.execution.inline import Answer, InlineFailure, run_inline
from jobs.handler import Context, Handler, InvalidPayload, NoPayload, Payload, Permanent
from jobs.models import Artifact, AsyncRequest
from jobs.requests import inline_cache
from tests.jobs.building import stored_files

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


async def ask(action: str | Handler[Any], *, user: str = "alice", fresh: bool = False, **payload: Any) -> Answer:
    handler = all_handlers()[action] if isinstance(action, str) else action
    return await run_inline(handler, handler.parse(payload), tenant_id="acme", user_id=user, fresh=fresh)


async def failure_of(action: str | Handler[Any], **payload: Any) -> Any:
    with pytest.raises(InlineFailure) as caught:
        await ask(action, **payload)
    return caught.value.error


class CountedPayload(Payload):
    data: str | None = ""
    """The data that the answer depends on; None: it shall not be kept."""
    file: bool = False


class Held(Handler[NoPayload]):
    """Counts how many of it run at once, until it is let go."""

    action = ""

    def __init__(self, *, fails: bool = False) -> None:
        self.let_go = threading.Event()
        self.fails = fails
        self.begun = 0
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        with self._lock:
            self.begun += 1
            self.running += 1
            self.most = max(self.most, self.running)
        self.let_go.wait(10)
        with self._lock:
            self.running -= 1
        context.check()
        if self.fails:
            raise Permanent("It cannot be done")
        return {"user": context.user_id}


class Counted(Handler[CountedPayload]):
    """Says how many times it was run."""

    action = ""
    cache_seconds = 600.0

    def __init__(self) -> None:
        self.runs = 0

    def cache_key(self, payload: CountedPayload, tenant_id: str) -> str | None:
        return payload.data

    def run(self, payload: CountedPayload, context: Context) -> Mapping[str, Any]:
        self.runs += 1
        if payload.file:
            with context.save_artifact("kept.txt", "text/plain") as artifact:
                artifact.file.write(b"kept")
        return {"runs": self.runs}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
def two_threads(settings: Settings) -> Iterator[None]:
    settings.STREAMER_INLINE_THREADS = 2
    inline._threads.cache_clear()
    yield
    inline._threads().shutdown()
    inline._threads.cache_clear()


async def test_it_works() -> None:
    answer = await ask("echo", message={"a": [1, None]})
    assert answer.data == {"message": {"a": [1, None]}}
    assert 0 <= answer.metadata["seconds"] < 5 and "artifacts" not in answer.metadata
    assert await asyncio.to_thread(AsyncRequest.objects.count) == 0


async def test_a_text_meant_for_people_passes() -> None:
    error = await failure_of("zoo_inline_file", fail=True)
    assert (error["code"], error["message"]) == ("PROCESSING_FAILED", "After the file")


async def test_a_text_of_the_inside_stays_inside(caplog: pytest.LogCaptureFixture) -> None:
    error = await failure_of("zoo_inline_crash")
    assert error["code"] == "INTERNAL_ERROR" and "secret" not in str(error) and "KeyError" not in str(error)
    assert error["details"]["correlation_id"] in error["message"] and "a secret of the inside" in caplog.text


async def test_who_does_not_answer_in_time_is_told_to_stop(settings: Settings) -> None:
    settings.STREAMER_INLINE_THRESHOLD_SECONDS = 0.2
    started = time.monotonic()
    error = await failure_of("zoo_slow_inline")
    assert error["code"] == "TIMEOUT" and error["retryable"] and "'zoo_slow_inline'" in error["message"]
    assert time.monotonic() - started < 4


async def test_an_answer_that_comes_too_late_is_dropped(settings: Settings) -> None:
    settings.STREAMER_INLINE_THRESHOLD_SECONDS = 0.1
    held = Held()
    assert (await failure_of(held))["code"] == "TIMEOUT"
    held.let_go.set()


@pytest.mark.usefixtures("two_threads")
async def test_no_more_run_at_once_than_there_are_threads() -> None:
    held = Held()
    asks = [asyncio.ensure_future(ask(held)) for _ in range(6)]
    await until(lambda: held.running == 2)
    held.let_go.set()
    answers = await asyncio.gather(*asks)
    assert held.most == 2 and [answer.data for answer in answers] == [{"user": "alice"}] * 6


@pytest.mark.usefixtures("two_threads")
async def test_one_that_waited_too_long_for_a_thread_is_not_run(settings: Settings) -> None:
    held, threshold = Held(), settings.STREAMER_INLINE_THRESHOLD_SECONDS
    first = [asyncio.ensure_future(ask(held)) for _ in range(2)]
    await until(lambda: held.running == 2)
    settings.STREAMER_INLINE_THRESHOLD_SECONDS = 0.2
    errors = await asyncio.gather(*[failure_of(held) for _ in range(2)])
    assert {error["code"] for error in errors} == {"TIMEOUT"}
    settings.STREAMER_INLINE_THRESHOLD_SECONDS = threshold
    held.let_go.set()
    await asyncio.gather(*first)
    assert (await ask("echo", message=1)).data == {"message": 1}
    assert held.begun == 2


async def test_the_event_loop_goes_on_meanwhile() -> None:
    held = Held()
    slow = asyncio.ensure_future(ask(held))
    assert (await ask("echo", message=1)).data == {"message": 1}
    assert not slow.done()
    held.let_go.set()
    await slow


async def test_who_asked_may_go_away() -> None:
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    held = Held(fails=True)
    asked = asyncio.ensure_future(ask(held))
    await until(lambda: held.running == 1)
    asked.cancel()
    await asyncio.wait({asked})
    del asked
    held.let_go.set()
    await until(lambda: held.running == 0)
    assert (await ask("echo", message=1)).data == {"message": 1}
    gc.collect()
    await asyncio.sleep(0)
    assert [item["message"] for item in complaints] == []


async def test_a_file_is_an_artifact_without_a_request() -> None:
    answer = await ask("zoo_inline_file", text="hello")
    row = await asyncio.to_thread(Artifact.objects.get)
    assert (row.request_id, row.tenant_id, row.user_id) == (None, "acme", "alice")
    assert answer.metadata["artifacts"] == [answer.data] and answer.data["artifact_id"] == str(row.id)


async def test_the_files_of_a_failure_are_discarded() -> None:
    await failure_of("zoo_inline_file", fail=True)
    assert await asyncio.to_thread(Artifact.objects.count) == 0
    assert stored_files() == []


async def test_an_answer_larger_than_a_frame_becomes_a_file(settings: Settings) -> None:
    settings.STREAMER_MAX_FRAME_BYTES = 1000
    answer = await ask("echo", message="x" * 2000)
    assert answer.data["filename"].startswith("Echo-xxx") and answer.data["size_bytes"] > 2000
    assert (await ask("echo", message="x" * 500)).data == {"message": "x" * 500}


async def test_a_payload_is_checked_before() -> None:
    with pytest.raises(InvalidPayload):
        await ask("zoo_count", updates="many")


# --- answers that are known already ----------------------------------------------------------------------------------


@pytest.fixture
def nothing_kept() -> Iterator[None]:
    inline._kept.cache_clear()
    yield
    inline._kept.cache_clear()


@pytest.mark.usefixtures("nothing_kept")
async def test_an_answer_is_given_again_and_says_so() -> None:
    counted = Counted()
    first, second = await ask(counted), await ask(counted, data="")
    assert first.data == second.data == {"runs": 1} and "cached" not in first.metadata
    assert second.metadata["cached"] is True and 0 <= time.time() - second.metadata["computed_at"] < 60
    others = [await ask(counted, data="changed"), await ask(counted, user="bob"), await ask(counted, fresh=True)]
    assert [other.data["runs"] for other in others] == [2, 3, 4]
    assert (await ask(counted)).data == {"runs": 4}


@pytest.mark.usefixtures("nothing_kept")
async def test_what_shall_not_be_kept_is_not() -> None:
    counted = Counted()
    answers = [await ask(counted, **payload) for payload in ({"data": None}, {"file": True}) for _ in range(2)]
    assert [answer.data["runs"] for answer in answers] == [1, 2, 3, 4]


@pytest.mark.usefixtures("nothing_kept")
async def test_an_old_answer_is_not_given_again_and_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted()
    await ask(counted)
    monkeypatch.setattr(Counted, "cache_seconds", 1e-9)
    assert (await ask(counted)).data == {"runs": 2}
    monkeypatch.setattr(Counted, "cache_seconds", 600.0)
    monkeypatch.setattr(inline_cache, "MAX_BYTES", 25)
    for data in ("a", "b", "c"):
        await ask(counted, data=data)
    assert [(await ask(counted, data=data)).metadata.get("cached") for data in ("c", "a")] == [True, None]
