"""The files that a browser fetches for the console: few, small, and kept."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import Page, Request

from tests.browser.console import use_token

pytestmark = pytest.mark.browser
SIGN_IN_REQUESTS, SIGN_IN_BYTES = 10, 60_000
CONSOLE_FILES, CONSOLE_BYTES = 15, 100_000


@pytest.fixture
def finished(page: Page) -> list[Request]:
    """Collect what the page has fetched."""
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request))
    return requests


def bytes_of(requests: Sequence[Request]) -> int:
    """Sum up what came over the wire, heads of the answers included."""
    sizes = [request.sizes() for request in requests]
    return sum(one["responseHeadersSize"] + one["responseBodySize"] for one in sizes)


def urls_of(requests: Sequence[Request]) -> list[str]:
    return [request.url for request in requests]


def test_it_works(page: Page, finished: list[Request]) -> None:
    page.goto("/", wait_until="networkidle")
    assert len(finished) <= SIGN_IN_REQUESTS, urls_of(finished)
    assert 5_000 < bytes_of(finished) <= SIGN_IN_BYTES


def test_the_console_stays_small(page: Page, finished: list[Request], token: str) -> None:
    use_token(page, token)
    files = [request for request in finished if "/static/" in request.url]
    assert len(files) <= CONSOLE_FILES, urls_of(files)
    assert bytes_of(files) <= CONSOLE_BYTES
    assert not any("inspector" in url for url in urls_of(files))


def test_its_files_are_kept_and_sent_compressed(page: Page, finished: list[Request]) -> None:
    page.goto("/", wait_until="networkidle")
    files = [request for request in finished if "/static/streamer/built/" in request.url]
    assert files
    for request in files:
        answer = request.response()
        assert answer is not None
        assert "immutable" in answer.headers["cache-control"], request.url
        assert answer.headers["content-encoding"] in {"br", "gzip"}, request.url
