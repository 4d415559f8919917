"""The command ``streamer``: output, exit codes, and that no token is on the command line."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from test_sync import service

from streamer_client.cli import bars, topics
from streamer_client.cli.main import main
from streamer_client.cli.parser import make_parser
from streamer_client.cli.requests import _line_of
from streamer_client.events import snapshot_of


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with service() as url:
        yield url


@pytest.fixture(autouse=True)
def environment(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMER_URL", url)
    monkeypatch.setenv("STREAMER_TOKEN", "a-token")
    monkeypatch.setenv("NO_PROXY", "*")


def test_a_result_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "report", "{}"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == 7 and said.err == ""


def test_each_event_is_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "run", "report"]) == 0
    assert [json.loads(line)["type"] for line in capsys.readouterr().out.splitlines()] == [
        *("progress", "progress", "complete")
    ]


def test_the_payload_may_come_from_the_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"message": "hi"}'))
    assert main(["run", "echo", "-"]) == 0
    assert json.loads(capsys.readouterr().out) == {"message": "hi"}


def test_submit_prints_the_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", "report", "--id", "mine", "--tag", "nightly"]) == 0
    assert capsys.readouterr().out == "stored-mine\n"


def test_a_list_is_as_long_as_it_may_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--limit", "1"]) == 0
    assert capsys.readouterr().out == "1  completed     0.0 %  report  nightly\n"


def test_a_list_shows_titles_and_failures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--limit", "2"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "2  completed with 1 failure    0.0 %  Bulk · 2 items  "


@pytest.mark.parametrize(
    ("status", "word"), [("pending", "waiting"), ("processing", "running"), ("retrying", "retrying")]
)
def test_a_list_has_the_words_that_people_read(status: str, word: str) -> None:
    assert _line_of(snapshot_of({"request_id": "1", "status": status, "action": "report"})).split()[1] == word


def test_what_is_published_is_printed_until_an_interrupt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed: list[Any] = []

    def interrupted(value: Any, **_: Any) -> None:
        printed.append(value)
        if 3 in (value.get("seq"), value.get("gold")):
            raise KeyboardInterrupt

    monkeypatch.setattr(topics, "print_json", interrupted)
    assert main(["topic", "prices", "--after-seq", "0"]) == 130
    assert printed == [{"gold": 2}, {"gold": 3}]
    assert capsys.readouterr().err == "The messages before number 2 are not kept any more\n"
    printed.clear()
    assert main(["--json", "topic", "prices"]) == 130
    assert [one["type"] for one in printed] == ["subscribed", "message"]
    assert main(["topic", "foreign"]) == 1


def test_failed_items_have_an_exit_code_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "bulk"]) == 4
    said = capsys.readouterr()
    assert json.loads(said.out) == 8 and said.err == "Completed with 1 failure\n"
    assert main(["--json", "run", "bulk"]) == 4
    assert json.loads(capsys.readouterr().out)["failed_items"] == 1


def test_cancel_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cancel", "1"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["run", "fail"], 1, "No rows [PROCESSING_FAILED]"),
        (["run", "nothing"], 1, "There is none [INVALID_ACTION]"),
        (["run", "echo", "[]"], 2, "The payload must be a JSON object"),
        (["run", "echo", "{"], 2, "The payload is not JSON"),
        (["upload", "/no/such/file"], 2, "There is no file"),
        (["download", ""], 2, "Name a request"),
        (["download", "5f0c2b1e"], 2, "Name a request"),
        (["--token-file", "/no/such/file", "list"], 2, "The file of the token cannot be read"),
        (["--url", "gopher://x", "list"], 2, "begins with https"),
        (["--url", "http://127.0.0.1:1", "--connect-timeout", "0.2", "list"], 3, "No connection"),
    ],
)
def test_exit_codes(arguments: list[str], code: int, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == code
    assert text in capsys.readouterr().err


def test_a_request_that_does_not_exist_does_not_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["follow", "5f0c2b1e-7a52-4a53-9c8e-2f4b6f1f0a11"]) == 1
    assert capsys.readouterr().err == "streamer: There is no such request [NOT_FOUND]\n"
    assert main(["follow", "nonsense"]) == 1
    assert capsys.readouterr().err == "streamer: request_id: Invalid UUID [VALIDATION_ERROR]\n"


def test_a_file_that_cannot_be_written_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def download(*_: Any, **__: Any) -> Path:
        (tmp_path / "no" / "such" / "folder").write_bytes(b"")
        raise AssertionError

    monkeypatch.setattr("streamer_client.client.Client.download", download)
    assert main(["download", "/api/artifacts/1/", str(tmp_path / "no")]) == 2
    assert "No such file or directory" in capsys.readouterr().err


def test_a_token_that_was_not_copied_as_it_is_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for token in ("eyJhbGciOi…", "two words", "two\nlines"):
        monkeypatch.setenv("STREAMER_TOKEN", token)
        assert main(["list"]) == 2
        assert "characters that no token has" in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_list_has_at_least_one(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["list", "--limit", limit])
    assert "a whole number from 1 on" in capsys.readouterr().err


def test_general_options_may_stand_behind_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "nothing", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "INVALID_ACTION"


def test_errors_are_json_where_output_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "run", "nothing"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "INVALID_ACTION"


@pytest.mark.parametrize("name", ["STREAMER_URL", "STREAMER_TOKEN"])
def test_what_is_not_named_is_asked_for(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(name)
    assert main(["list"]) == 2
    assert name in capsys.readouterr().err


def test_a_wrong_command_line_is_usage() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["run"])
    assert stopped.value.code == 2


@pytest.mark.parametrize(("options", "language"), [([], "typescript"), (["--python"], "python")])
def test_types_are_those_of_typescript_unless_others_are_wanted(options: list[str], language: str) -> None:
    assert make_parser().parse_args(["types", *options]).language == language


def test_an_interrupt_is_told_by_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("streamer_client.cli.main._run", interrupt)
    assert main(["list"]) == 130


def test_the_token_may_be_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STREAMER_TOKEN")
    (tmp_path / "token").write_text("a-token\n")
    assert main(["--token-file", str(tmp_path / "token"), "run", "echo"]) == 0


def test_no_option_takes_a_token() -> None:
    assert "--token " not in make_parser().format_help()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("has_rich", [True, False])
def test_progress_is_shown_on_a_terminal(has_rich: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    if not has_rich:
        monkeypatch.setattr(bars, "import_module", _no_module)
    with bars.progress_bar(wanted=True) as bar:
        bar.show(40, "Reading")
    assert isinstance(bar, bars.RichBar if has_rich else bars.PlainBar)
    assert has_rich or "40 % Reading" in terminal.getvalue()


@pytest.mark.parametrize("has_rich", [True, False])
def test_a_message_is_shown_as_it_is_and_steers_no_terminal(has_rich: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "120")
    if not has_rich:
        monkeypatch.setattr(bars, "import_module", _no_module)
    with bars.progress_bar(wanted=True) as bar:
        bar.show(40, "Reading [/data/x] [1]\n\x1b]0;title\x07of")
    shown = terminal.getvalue()
    assert "Reading [/data/x] [1]  ]0;title of" in shown and "\x1b]0;" not in shown


def test_who_interrupts_reads_how_to_go_on_in_a_line_without_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(bars.PlainBar):
        def show(self, percentage: float, text: str) -> None:
            super().show(percentage, text)
            raise KeyboardInterrupt

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(bars, "import_module", _no_module)
    monkeypatch.setattr(bars, "PlainBar", Interrupted)
    assert main(["run", "report", "--id", "mine"]) == 130
    assert "40 %" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[KThe request goes on; to see its end: streamer follow stored-mine\n")


def _no_module(name: str) -> SimpleNamespace:
    raise ImportError(name)
