import pytest
from pytest_django import Settings

from streamer_site.servers.frame_limit import FRAMES_PER_MESSAGE, FrameLimit
from tests.conftest import Advance


@pytest.fixture(autouse=True)
def ten_messages_a_second(settings: Settings) -> None:
    settings.STREAMER_MESSAGES_PER_SECOND, settings.STREAMER_MESSAGE_BURST = 10, 20


def taken(limit: FrameLimit) -> int:
    """Return the number of frames that are taken in a row."""
    count = 0
    while limit.take():
        count += 1
    return count


def test_it_works(advance: Advance) -> None:
    limit = FrameLimit()
    assert taken(limit) == 20 * FRAMES_PER_MESSAGE
    advance(1)
    assert taken(limit) == 10 * FRAMES_PER_MESSAGE


def test_silence_saves_up_no_more_than_the_burst(advance: Advance) -> None:
    limit = FrameLimit()
    taken(limit)
    advance(3600)
    assert taken(limit) == 20 * FRAMES_PER_MESSAGE
