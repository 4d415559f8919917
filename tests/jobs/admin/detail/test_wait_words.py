"""Admin and console give a wait the same words: tests/console/requests/status.test.js reads the same cases."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from jobs.admin.detail.wait_words import wait_sentence
from jobs.queue.waits import WaitReason

CASES: list[tuple[Any, str]] = json.loads((Path(__file__).parents[3] / "words.json").read_text())["waits"]


@pytest.mark.parametrize(("wait", "text"), CASES)
def test_a_wait_has_one_sentence(wait: Any, text: str) -> None:
    assert wait_sentence(wait) == text


def test_every_reason_has_its_words() -> None:
    literals = [reason for part in get_args(WaitReason) for reason in (get_args(part) or (part,))]
    assert {wait["reason"] for wait, _ in CASES if "reason" in wait} == {*literals} - {"retry_at"}
