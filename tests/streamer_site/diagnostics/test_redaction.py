import time
from typing import Any

import pytest

from jobs.facts import Work, begin_message
from streamer_site.diagnostics.redaction import HIDDEN, Redaction

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"


@pytest.fixture(autouse=True)
def no_work() -> Any:
    yield
    begin_message(Work())


def works_on(**payload: Any) -> Redaction:
    begin_message(Work(payload=payload))
    return Redaction()


def test_it_works() -> None:
    redaction = works_on(email="alice@example.org", numbers=[1234.5, {"deep": "secret"}], short="abc", flag=True)
    assert redaction.text("could not reach alice@example.org") == f"could not reach {HIDDEN}"
    assert redaction.text("'secret' and 1234.5, abc, True") == f"'{HIDDEN}' and {HIDDEN}, abc, True"


def test_a_short_value_is_hidden_only_as_a_word() -> None:
    redaction = works_on(kind="report")
    assert redaction.text("report: generate_report, reports") == f"{HIDDEN}: generate_report, reports"


def test_a_value_is_hidden_as_errors_quote_it() -> None:
    redaction = works_on(text="two\nlines")
    assert "lines" not in redaction.text(str(KeyError("two\nlines")))


@pytest.mark.parametrize(
    "text", [TOKEN, f"Bearer {TOKEN}", f"?token={TOKEN}&x=1", "Bearer opaque", "?signature=abc_-1"]
)
def test_tokens_and_signatures_are_hidden_whatever_the_work(text: str) -> None:
    redacted = Redaction(shows_payload=True).text(f"before {text} after")
    assert HIDDEN in redacted and redacted.startswith("before ") and redacted.endswith(" after")
    assert not [part for part in (TOKEN.rpartition(".")[2], "opaque", "abc_-1") if part in redacted]


def test_payloads_are_shown_where_that_is_allowed() -> None:
    begin_message(Work(payload={"email": "alice@example.org"}))
    assert Redaction(shows_payload=True).text("alice@example.org") == "alice@example.org"


def test_of_a_traceback_only_the_texts_of_errors_change() -> None:
    redaction = works_on(table="transactions")
    code = '  File "/srv/transactions.py", line 7, in transactions\n    read("transactions")'
    assert redaction.traceback(f"{code}\nKeyError: 'transactions'") == f"{code}\nKeyError: '{HIDDEN}'"
    frames = [{"filename": "transactions.py"}]
    told = redaction.traceback([{"exc_value": "'transactions'", "exc_notes": ["transactions"], "frames": frames}])
    assert told == [{"exc_value": f"'{HIDDEN}'", "exc_notes": [HIDDEN], "frames": frames}]


@pytest.mark.parametrize("part", ["eyJ-", "eyJabcdef", "eyJabcdef.", "Bearer ", "signature=", "a-"])
def test_a_text_is_read_once_whatever_it_is_made_of(part: str) -> None:
    began = time.thread_time()
    text = Redaction(shows_payload=True).text(part * (400_000 // len(part)) + f" Bearer {TOKEN}")
    assert TOKEN not in text and text.endswith(HIDDEN)
    # To look from each letter to the end would take minutes.
    assert time.thread_time() - began < 2


@pytest.mark.parametrize(
    "values", [[f"{number}{'(x|y)*' * 80}" for number in range(2_000)], ["abcd"] * 1_000_000, [0] * 1_000_000]
)
def test_a_line_does_not_wait_for_a_large_payload(values: list[Any]) -> None:
    redaction_began = time.thread_time()
    redaction = works_on(secret="tell nobody", values=values)
    assert redaction.text(f"{values[0]} and tell nobody") == f"{HIDDEN if values[0] else 0} and {HIDDEN}"
    # A pattern of all values takes a second and a half.
    assert time.thread_time() - redaction_began < 0.4
