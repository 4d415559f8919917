"""The page about submitting from Python: it names all there is, and its examples run."""

import asyncio
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections
from django.test import AsyncRequestFactory, RequestFactory
from pytest_django import Settings

from jobs import signals
from jobs.contract.registry import all_handlers
from jobs.handler import RequestHandle, RequestState
from jobs.models import AsyncRequest
from jobs.requests.python_api.submission import RequestRefused, SubmitOptions
from realtime.models import Membership
from tests import shop
from tests.jobs.building import run_next
from tests.local.waiting import eventually
from tests.shop import models
from tests.test_docs import public_names

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "how-to" / "submit-from-python.md"
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
SIGNALS = [name for name in vars(signals) if name.startswith(("request_", "attempt_"))]
REFUSALS = [refusal.__name__ for refusal in (RequestRefused, *RequestRefused.__subclasses__())]


@cache
def words_in_code() -> frozenset[str]:
    spans = re.findall(r"```.*?```|`[^`\n]+`", PAGE.read_text(), re.DOTALL)
    return frozenset(re.findall(r"\w+", " ".join(spans)))


@pytest.mark.parametrize(
    "name",
    [*public_names(RequestHandle), *public_names(RequestState), *SubmitOptions.__annotations__, *SIGNALS, *REFUSALS],
)
def test_the_page_names_everything(name: str) -> None:
    assert name in words_in_code()


def handler_example() -> str:
    """Find the block, on any page, that defines the handler that this page uses."""
    blocks = [block for page in sorted(DOCS.rglob("*.md")) for block in BLOCK.findall(page.read_text())]
    return next(block for block in blocks if "class CountWords(Handler[" in block)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Run the examples of the page in one module, in their order, and return the module."""
    count_words = ModuleType("jobs.handlers.count_words")
    exec(handler_example(), vars(count_words))
    monkeypatch.setitem(all_handlers(), "count_words", count_words.CountWords())
    for name, module in {"jobs.handlers.count_words": count_words, "shop": shop, "shop.models": models}.items():
        monkeypatch.setitem(sys.modules, name, module)
    views = ModuleType("shop.views")
    exec("\n".join(BLOCK.findall(PAGE.read_text())), vars(views))
    yield vars(views)
    signals.request_finished.disconnect(vars(views)["log_end"])


@pytest.fixture
def user() -> User:
    user = User.objects.create_user("alice")
    Membership.objects.create(user=user, tenant_id="acme")
    return user


@pytest.mark.django_db(transaction=True)
def test_the_views_work(page: dict[str, Any], user: User, caplog: pytest.LogCaptureFixture) -> None:
    answer = add_customer(page, user)
    assert answer.status_code == 202
    row = AsyncRequest.objects.get()
    assert (row.user_id, row.tenant_id) == ("alice", "acme") and models.Customer.objects.get().tenant == "acme"
    with caplog.at_level("INFO"):
        run_next()
    assert f"count_words {row.id}: completed after" in caplog.text
    shown = get(page["show_count"], user, request_id=str(row.id))
    assert b'"status": "completed", "result": {"words": 3}' in shown.content
    with pytest.raises(page["Http404"]):
        get(page["show_count"], user, request_id="no id")


@pytest.mark.django_db(transaction=True)
def test_a_refusal_takes_the_customer_with_it(page: dict[str, Any], user: User, settings: Settings) -> None:
    settings.STREAMER_MAX_WAITING_PER_USER = 1
    assert [add_customer(page, user).status_code for _ in range(2)] == [202, 429]
    assert models.Customer.objects.count() == AsyncRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
async def test_the_asynchronous_view_works(page: dict[str, Any]) -> None:
    async def auser() -> User:
        return User(username="alice")

    request = AsyncRequestFactory().get("/", {"text": "two words"})
    request.auser = auser
    try:
        answer, _ = await asyncio.gather(page["count_now"](request), asyncio.to_thread(work))
        assert answer.content == b'{"words": 2}'
    finally:
        await sync_to_async(connections.close_all)()


def work() -> None:
    """Do what a worker does, once there is something to do."""
    try:
        eventually(AsyncRequest.objects.exists, "the view has submitted")
        run_next()
    finally:
        connections.close_all()


def add_customer(page: dict[str, Any], user: User) -> Any:
    request = RequestFactory().post("/", {"name": "Ada", "letter": "Dear Sir or"})
    request.user = user
    return page["add_customer"](request)


def get(view: Any, user: User, **arguments: str) -> Any:
    request = RequestFactory().get("/")
    request.user = user
    return view(request, **arguments)
