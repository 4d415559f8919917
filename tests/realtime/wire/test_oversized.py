import json

import pytest

from realtime.wire.oversized import MAX_BYTES, within_limit
from realtime.wire.protocol import encode, encode_error
from streamer_site.servers.limits import MAX_MESSAGE_BYTES


def test_it_works() -> None:
    text = encode("response", "mine", data="x" * 1_000_000)
    assert within_limit(text) is text


def test_it_is_below_the_limit_of_the_servers() -> None:
    assert MAX_BYTES < MAX_MESSAGE_BYTES


@pytest.mark.parametrize("character", ["x", "ü", "€"])
def test_the_largest_passes_and_one_more_byte_is_an_error(character: str) -> None:
    frame = len(encode("response", "mine", request_id="mine", data=""))
    data = character * ((MAX_BYTES - frame - 10) // len(character.encode()))
    largest = encode("response", "mine", request_id="mine", data=data)
    assert within_limit(largest) is largest
    answer = json.loads(within_limit(encode("response", "mine", request_id="mine", data=data + "x" * 20)))
    assert (answer["type"], answer["id"], answer["request_id"]) == ("error", "mine", "mine")
    assert answer["success"] is False and answer["error"]["code"] == "PAYLOAD_TOO_LARGE"
    assert answer["error"]["details"] == {"limit_bytes": MAX_BYTES, "type": "response"}


def test_the_error_says_which_item_of_a_batch_it_answers(caplog: pytest.LogCaptureFixture) -> None:
    body = {"code": "PROCESSING_FAILED", "message": "x" * MAX_BYTES, "retryable": False}
    answer = json.loads(within_limit(encode_error(body, None, index=3)))  # type: ignore[arg-type]
    assert answer["index"] == 3 and "id" not in answer and len(json.dumps(answer)) < 1_000
    assert "too large to be sent" in caplog.text
