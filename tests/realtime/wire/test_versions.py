import pytest

from realtime.wire.protocol import PROTOCOL
from realtime.wire.versions import SUPPORTED, UnsupportedVersion, choose_version


def test_it_works() -> None:
    assert SUPPORTED == (PROTOCOL,)
    assert choose_version(["streamer.v1", "bearer.x.y.z"]) == "streamer.v1"


@pytest.mark.parametrize("offered", [["streamer.v2", "streamer.v1"], ["chat", "bearer.x", "streamer.v1"]])
def test_a_version_that_is_known_wins_whatever_else_is_offered(offered: list[str]) -> None:
    assert choose_version(offered) == "streamer.v1"


@pytest.mark.parametrize("offered", [[], ["bearer.x.y.z"]])
def test_a_client_that_offers_no_version_gets_none_in_the_answer(offered: list[str]) -> None:
    assert choose_version(offered) is None


@pytest.mark.parametrize("offered", [["streamer.v2"], ["streamer.v2", "bearer.x.y.z"], ["chat"], ["Streamer.V1"]])
def test_a_client_that_offers_others_alone_is_refused_without_its_token(offered: list[str]) -> None:
    with pytest.raises(UnsupportedVersion) as caught:
        choose_version(offered)
    body = caught.value.body
    assert body["code"] == "VALIDATION_ERROR" and body["details"] == {"supported": ["streamer.v1"]}
    assert "x.y.z" not in str(body)
