"""The drivers' reading of messages, with messages as each system sends them."""

import asyncio
import json
import math
from typing import Any

import pytest

from benchmarks.load.board import Board
from benchmarks.load.messages import gradio_time, note_gradio, note_plain, note_socketio, note_streamer


@pytest.fixture
def board() -> Board:
    board = Board()
    board.sent("a")
    return board


def noted(board: Board) -> tuple[bool, int, bool]:
    """Tell of request "a" if it is acknowledged, its updates, and if it has ended."""
    request = board.requests["a"]
    return bool(request.acknowledged), request.updates, bool(request.ended)


def test_streamer(board: Board) -> None:
    note_streamer({"type": "acknowledgment", "id": "a", "request_id": "1"}, board)
    note_streamer({"type": "started", "id": "a", "seq": 1}, board)
    note_streamer({"type": "progress", "id": "a", "seq": 2, "metadata": {"sent_at": 1.0}}, board)
    assert noted(board) == (True, 1, False)
    note_streamer({"type": "complete", "id": "a", "seq": 3, "final": True}, board)
    assert noted(board) == (True, 1, True)
    assert not board.faults


def test_an_update_of_streamer_without_a_time_counts(board: Board) -> None:
    note_streamer({"type": "progress", "id": "a", "seq": 2, "metadata": {"step": 1}}, board)
    assert noted(board)[1] == 1 and math.isnan(board.latencies_ms[0])


async def test_an_error_of_streamer_is_a_fault_and_the_end_of_the_wait(board: Board) -> None:
    note_streamer({"type": "error", "id": "a", "error": {"code": "RATE_LIMITED"}}, board)
    await asyncio.wait_for(board.wait_for_all(), 5)
    assert "RATE_LIMITED" in board.faults[0] and not noted(board)[2]


def test_plain_json(board: Board) -> None:
    for message in ({"type": "ack", "id": "a"}, {"type": "progress", "id": "a", "sent_at": 1.0}):
        note_plain(message, board)
    assert noted(board) == (True, 1, False)
    note_plain({"type": "end", "id": "a"}, board)
    assert noted(board) == (True, 1, True)


def test_socket_io(board: Board) -> None:
    assert note_socketio(b'0{"sid":"x","pingInterval":25000}', board, json.loads) == b"40"
    assert note_socketio(b"2", board, json.loads) == b"3"
    texts = (b'437[{"id":"a"}]', b'42["progress",{"id":"a","percentage":5,"sent_at":1.5}]', b'42["end",{"id":"a"}]')
    for text in texts:
        assert note_socketio(text, board, json.loads) is None
    assert noted(board) == (True, 1, True)
    note_socketio(b"41", board, json.loads)
    assert board.faults


def test_gradio(board: Board) -> None:
    keys = {"e1": "a"}
    data: list[Any] = ["0.0 1764338400.5"]
    note_gradio({"msg": "process_generating", "event_id": "e1", "output": {"data": data}}, keys, board)
    note_gradio({"msg": "process_generating", "event_id": "other", "output": {"data": data}}, keys, board)
    assert noted(board) == (False, 1, False)
    note_gradio({"msg": "process_completed", "event_id": "e1", "success": True, "output": {}}, keys, board)
    assert noted(board)[2]


@pytest.mark.parametrize(
    ("data", "sent_at"),
    [(["0.0 17.5"], 17.5), ([[["replace", [], "5.0 18.5"]]], 18.5), ([[]], None), ([None], None), ([], None)],
)
def test_updates_of_gradio_are_texts_or_changes_to_them(data: list[Any], sent_at: float | None) -> None:
    assert gradio_time({"data": data}) == sent_at


async def test_a_request_is_over_in_whatever_order_its_messages_come(board: Board) -> None:
    board.ended("a")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(board.wait_for_all(), 0)
    board.acknowledged("a")
    await asyncio.wait_for(board.wait_for("a"), 5)
    await asyncio.wait_for(board.wait_for_all(), 5)


def test_two_ends_are_a_fault_and_a_forgotten_request_is_not_noted(board: Board) -> None:
    board.ended("a")
    board.ended("a")
    assert board.faults == ["a ended twice"]
    board.forget()
    board.progressed("a", 1.0)
    assert board.result() == {"requests": [], "latencies_ms": [], "faults": ["a ended twice"]}
