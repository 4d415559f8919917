"""What can be used must be written down: a name that the documentation does not know fails here."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from jobs.contract.registry import collect
from jobs.handler import Context, ErrorCode, Handler
from jobs.sweeper.loop import all_rules
from realtime.wire.close_codes import CloseCode
from realtime.wire.messages import CLIENT_MESSAGES, SERVER_MESSAGES

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "streamer_site/settings.py"


@cache
def text_of(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


@cache
def code_of(name: str) -> frozenset[str]:
    """The words that stand in code, be it in a line or in a block of its own."""
    spans = re.findall(r"```.*?```|`[^`\n]+`", text_of(name), re.DOTALL)
    return frozenset(re.findall(r"\w+", " ".join(spans)))


def is_word(word: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text_of(name)) is not None


def environment_variables() -> list[str]:
    """The first argument of every ``env.<method>()`` in the settings."""
    calls = [node for node in ast.walk(ast.parse(SETTINGS.read_text())) if isinstance(node, ast.Call)]
    names = [
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and isinstance(call.args[0], ast.Constant)
    ]
    return sorted(set(map(str, names)))


def public_names(described: type) -> list[str]:
    """Its own and those of its bases, as far as they are ours."""
    ours = [base for base in described.__mro__ if base.__module__.startswith("jobs.")]
    names = {name for base in ours for name in {*vars(base), *base.__annotations__}}
    return sorted(name for name in names if not name.startswith("_"))


def commands() -> list[str]:
    return sorted(path.stem for path in ROOT.glob("*/management/commands/streamer_*.py"))


def test_it_works() -> None:
    assert "REDIS_URL" in environment_variables() and "DATABASE_URL" in environment_variables()
    assert {"report", "check", "request_id", "scratch_dir"} <= set(public_names(Context))
    assert {"action", "retry", "run", "estimate"} <= set(public_names(Handler))
    assert {"streamer_worker", "streamer_token", "streamer_up"} <= set(commands())
    assert not is_word("no such word at all", "reference/protocol.md")


@pytest.mark.parametrize(
    "action", [name for name, handler in collect(["jobs.handlers"]).items() if not handler.internal]
)
def test_the_protocol_names_every_action(action: str) -> None:
    assert action in code_of("reference/protocol.md")


@pytest.mark.parametrize("kind", [*CLIENT_MESSAGES, *SERVER_MESSAGES])
def test_the_protocol_names_every_type_of_message(kind: str) -> None:
    assert kind in code_of("reference/protocol.md")


@pytest.mark.parametrize("code", [code.value for code in ErrorCode])
def test_the_protocol_names_every_error_code(code: str) -> None:
    assert is_word(code, "reference/protocol.md")


@pytest.mark.parametrize("code", CloseCode, ids=lambda code: code.name)
def test_the_protocol_names_every_close_code(code: CloseCode) -> None:
    assert is_word(str(int(code)), "reference/protocol.md")


@pytest.mark.parametrize("name", environment_variables())
def test_the_settings_name_every_environment_variable(name: str) -> None:
    assert name in code_of("reference/settings.md")


@pytest.mark.parametrize("name", [*public_names(Handler), *public_names(Context)])
def test_the_handlers_name_every_part_of_handler_and_context(name: str) -> None:
    assert name in code_of("reference/handlers.md")


@pytest.mark.parametrize("command", commands())
def test_the_operations_name_every_command(command: str) -> None:
    assert command in code_of("reference/lifecycle.md")


@pytest.mark.parametrize("rule", [rule.name for rule in all_rules()])
def test_the_operations_name_every_rule_of_the_sweeper(rule: str) -> None:
    assert is_word(rule, "reference/lifecycle.md")
