import pytest
from channels.testing import HttpCommunicator, WebsocketCommunicator
from pytest_django import Settings

from streamer_site.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)
HEADERS = [(b"host", b"localhost")]


async def location(root_path: str) -> str:
    """Return the URL to which the admin redirects a browser with this claimed path."""
    communicator = HttpCommunicator(application, "GET", "/admin/", headers=HEADERS)
    communicator.scope["root_path"] = root_path
    answer = await communicator.get_response(10)
    await communicator.wait(10)
    return dict(answer["headers"])[b"Location"].decode()


async def test_it_works() -> None:
    assert await location("") == "/admin/login/?next=/admin/"


async def test_nobody_but_the_proxy_says_where_streamer_is_mounted(settings: Settings) -> None:
    assert await location("http://evil.example") == "/admin/login/?next=/admin/"
    settings.TRUST_PROXY = True
    assert await location("/reports") == "/reports/admin/login/?next=/admin/"


async def test_a_socket_is_found_whatever_path_is_claimed() -> None:
    communicator = WebsocketCommunicator(application, "/ws/", headers=HEADERS)
    communicator.scope["root_path"] = "/elsewhere"
    accepted, _ = await communicator.connect(10)
    assert accepted
    await communicator.disconnect(timeout=10)
