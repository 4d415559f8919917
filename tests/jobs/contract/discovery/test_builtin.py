import pytest

from jobs.contract.discovery.builtin import left_out
from jobs.contract.discovery.gathering import discover

ACTIONS = ["delay", "echo", "generate_report"]


@pytest.mark.parametrize(
    ("words", "off"),
    [
        ([], set()),
        (["all"], set()),
        (["none"], {"delay", "echo", "generate_report"}),
        (["-echo"], {"echo"}),
        (["-echo", "-delay"], {"echo", "delay"}),
    ],
)
def test_it_works(words: list[str], off: set[str]) -> None:
    assert left_out(words, ACTIONS) == (off, [])


@pytest.mark.parametrize(
    ("word", "text", "hint"),
    [
        ("-generate_reprot", "there is no built-in action 'generate_reprot'", "Did you mean -generate_report?"),
        ("-zebra", "there is no built-in action 'zebra'", "There are: delay, echo, generate_report."),
        ("echo", "'echo' has no minus", "-delay,-echo"),
        ("none", "'none' stands alone", "all, none, or the actions to leave out"),
        ("all", "'all' stands alone", "all, none, or the actions to leave out"),
    ],
)
def test_a_word_that_means_nothing_is_an_error(word: str, text: str, hint: str) -> None:
    _, (message,) = left_out(["-delay", word], ACTIONS)
    assert message.id == "streamer.handlers.E007" and message.is_serious()
    assert message.msg.startswith("STREAMER_BUILTIN_HANDLERS: ") and text in message.msg and hint in str(message.hint)


def test_the_registry_is_without_what_is_switched_off() -> None:
    every = set(discover([]).handlers)
    assert every - set(discover([], built_in=["-delay", " -echo"]).handlers) == {"delay", "echo"}


def test_internal_actions_stay_because_handlers_of_others_use_them() -> None:
    left = discover([], built_in=["none"]).handlers
    assert "bulk_share" in left and all(handler.internal for handler in left.values())
    (message,) = discover([], built_in=["-bulk_share"]).messages
    assert "no built-in action 'bulk_share'" in message.msg
