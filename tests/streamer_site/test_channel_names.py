import pytest

from streamer_site.channel_names import channel_prefix


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        ("redis://localhost:6379", "streamer"),
        ("redis://localhost:6379/0", "streamer"),
        ("rediss://:secret@localhost:6379/3", "streamer.3"),
        ("unix:///run/redis.sock?db=4", "streamer.4"),
        ("http://localhost", "streamer"),
    ],
)
def test_each_numbered_database_has_names_of_its_own(url: str, prefix: str) -> None:
    assert channel_prefix(url) == prefix
