"""A feed over a socket that is narrowed to the requests with one tag."""

import pytest

from realtime.delivery import feed as feed_module
from tests.jobs.building import make_submission, store
from tests.realtime.conftest import OpenSocket
from tests.realtime.delivery.test_feed import subscribe, told
from tests.realtime.sockets import aside

pytestmark = pytest.mark.django_db(transaction=True)


async def test_only_requests_with_the_tag_are_told(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await subscribe(socket, tag="customer 7")
    for tags in (["customer 77"], [], ["nightly", "customer 7"]):
        request_id = await aside(store, make_submission("echo_async", tags=tags))
    message = await socket.hear("message")
    assert message["request"]["request_id"] == str(request_id)
    assert await socket.is_silent(2 * feed_module.SPACING_SECONDS)


async def test_whoever_comes_back_is_told_of_the_tag_alone(open_socket: OpenSocket) -> None:
    first = await open_socket()
    cursor = (await subscribe(first, tag="nightly"))["cursor"]
    await first.leave()
    wanted = await aside(store, make_submission("echo_async", tags=["nightly"]))
    await aside(store, make_submission("echo_async"))
    socket = await open_socket()
    await subscribe(socket, tag="nightly", cursor=cursor)
    assert (await socket.hear("message"))["request"]["request_id"] == str(wanted)
    assert await socket.is_silent(2 * feed_module.SPACING_SECONDS)


async def test_another_subscription_takes_its_place(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await subscribe(socket, tag="nightly")
    await subscribe(socket)
    request_id = await aside(store, make_submission("echo_async"))
    await told(socket, request_id, "pending")


@pytest.mark.parametrize("tag", ["", "x" * 65, 7])
async def test_a_tag_that_is_none_is_refused(tag: object, open_socket: OpenSocket) -> None:
    answer = await (await open_socket()).ask(type="subscribe", topic="requests", tag=tag, id="mine")
    assert (answer["type"], answer["error"]["code"]) == ("error", "VALIDATION_ERROR")
