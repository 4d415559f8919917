import pytest

from realtime.wire.close_codes import CloseCode


def test_it_works() -> None:
    assert CloseCode.DRAIN.reconnect and CloseCode.DRAIN.reason == "drain"
    assert not CloseCode.BAD_TOKEN.reconnect and CloseCode.BAD_TOKEN.reason == "bad_token"


@pytest.mark.parametrize("code", CloseCode)
def test_the_range_says_whether_to_come_back(code: CloseCode) -> None:
    # An application's own codes are 4000–4999 (RFC 6455, section 7.4.2).
    assert 4000 <= code <= 4999 and code.reconnect == (code <= 4499)
    assert len(code.reason.encode()) <= 123
