"""The documentation keeps up with the code: what can be used is written down, and what is written down exists."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from jobs.contract.discovery.gathering import discover
from jobs.doctor import all_checks
from jobs.handler import Context, ErrorCode, Handler
from jobs.models import Status
from jobs.sweeper.loop import all_rules
from realtime.wire.close_codes import CloseCode
from realtime.wire.messages import CLIENT_MESSAGES
from realtime.wire.server import SERVER_MESSAGES
from streamer_site.declared import DECLARED

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
WIDTH = 100
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^( *)```.*?^\1```$", re.DOTALL | re.MULTILINE)
# What a page calls a path of this repository: its first part is a folder of ours, or it is a file at the top.
PATH = re.compile(r"`((?:jobs|realtime|streamer_site|templates|tests|benchmarks|docs)/[\w./-]+)`")
# The word of the project for each thing, as far as newcomers meet it.
WORDS = (
    *("action", "artifact", "attempt", "connection", "consumer", "dataset", "event", "group", "handler", "job"),
    *("message", "payload", "reporter", "request", "router", "runner", "sweeper", "worker"),
)


@cache
def text_of(name: str) -> str:
    return (DOCS / name).read_text()


@cache
def code_of(name: str) -> frozenset[str]:
    """Find the words in code, in a line, in a heading or in a block."""
    spans = re.findall(r"```.*?```|`[^`\n]+`", text_of(name), re.DOTALL)
    return frozenset(re.findall(r"\w+", " ".join(spans)))


def is_word(word: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text_of(name)) is not None


def environment_variables() -> list[str]:
    return sorted(one.name for one in DECLARED)


def public_names(described: type) -> list[str]:
    """List the public names of a class and of its bases in this repository."""
    ours = [base for base in described.__mro__ if base.__module__.startswith("jobs.")]
    names = {name for base in ours for name in {*vars(base), *base.__annotations__}}
    return sorted(name for name in names if not name.startswith("_"))


def ids_of_handler_checks() -> list[str]:
    sources = (ROOT / "jobs/contract/discovery").glob("*.py")
    return sorted({found for file in sources for found in re.findall(r"streamer\.handlers\.\w+", file.read_text())})


def commands() -> list[str]:
    return sorted(path.stem for path in ROOT.glob("*/management/commands/streamer_*.py"))


def packages() -> list[str]:
    """List the packages and modules directly in ``jobs`` and ``realtime``, except those that Django requires."""
    found = [path for part in ("jobs", "realtime") for path in (ROOT / part).iterdir()]
    names = {path.stem for path in found if (path / "__init__.py").exists() or path.suffix == ".py"}
    return sorted(names - {"__init__", "__pycache__", "apps", "migrations", "shift"})


def anchors(page: Path) -> set[str]:
    """Compute the anchors of a page's headings, as GitHub makes them."""
    prose = FENCED.sub("", page.read_text())
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[str]:
    yield from LINK.findall(FENCED.sub("", page.read_text()))


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_it_works() -> None:
    assert "REDIS_URL" in environment_variables() and "DATABASE_URL" in environment_variables()
    assert {"report", "check", "request_id", "scratch_dir"} <= set(public_names(Context))
    assert {"action", "retry", "run", "estimate"} <= set(public_names(Handler))
    assert {"streamer_worker", "streamer_token", "streamer_up"} <= set(commands())
    assert {"log", "queue", "wire", "delivery"} <= set(packages())
    assert not is_word("no such word at all", "reference/protocol.md")
    assert "what-the-server-sends" in anchors(DOCS / "reference/protocol.md")


# --- what can be used is written down ---------------------------------------------------------------------------------


@pytest.mark.parametrize("action", [name for name, handler in discover([]).handlers.items() if not handler.internal])
def test_every_action_is_documented(action: str) -> None:
    assert f"\n## `{action}`\n" in text_of("reference/actions.md")


@pytest.mark.parametrize("kind", [*CLIENT_MESSAGES, *SERVER_MESSAGES])
def test_the_protocol_names_every_type_of_message(kind: str) -> None:
    assert kind in code_of("reference/protocol.md")


@pytest.mark.parametrize("code", [code.value for code in ErrorCode])
def test_the_protocol_names_every_error_code(code: str) -> None:
    assert re.search(rf"^- {code}: ", text_of("reference/protocol.md"), re.MULTILINE)


@pytest.mark.parametrize("code", CloseCode, ids=lambda code: code.name)
def test_the_protocol_names_every_close_code(code: CloseCode) -> None:
    assert f"\n- {int(code)} {code.name}: " in text_of("reference/protocol.md")


@pytest.mark.parametrize("name", environment_variables())
def test_the_settings_name_every_environment_variable(name: str) -> None:
    assert name in code_of("reference/settings.md")


@pytest.mark.parametrize("name", [*public_names(Handler), *public_names(Context)])
def test_the_handlers_name_every_part_of_handler_and_context(name: str) -> None:
    assert name in code_of("reference/handlers.md")


@pytest.mark.parametrize("check_id", ids_of_handler_checks())
def test_the_page_on_outside_handlers_names_every_check(check_id: str) -> None:
    assert f"`{check_id}`" in text_of("how-to/outside-handlers.md")


@pytest.mark.parametrize("command", commands())
def test_every_command_is_documented(command: str) -> None:
    headings = re.findall(r"^### (.+)$", text_of("reference/commands.md"), re.MULTILINE)
    assert any(f"`{command}`" in heading for heading in headings)


@pytest.mark.parametrize("rule", [rule.name for rule in all_rules()])
def test_the_lifecycle_names_every_rule_of_the_sweeper(rule: str) -> None:
    assert f'"{rule}"' in text_of("reference/lifecycle.md")


@pytest.mark.parametrize("status", Status.values)
def test_the_lifecycle_names_every_status(status: str) -> None:
    assert status in code_of("reference/lifecycle.md")


@pytest.mark.parametrize("check", [check.name for check in all_checks(deep=True)])
def test_the_doctors_checks_are_documented(check: str) -> None:
    assert f"\n- `{check}`" in text_of("reference/doctor.md")


@pytest.mark.parametrize("name", packages())
def test_the_architecture_names_every_package(name: str) -> None:
    assert name in code_of("explanation/architecture.md")


@pytest.mark.parametrize("word", WORDS)
def test_the_glossary_defines_the_words_of_the_project(word: str) -> None:
    assert word in anchors(DOCS / "glossary.md")


# --- what is written down exists, and can be read ---------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith(("https://", "http://")):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_a_page_names_exist(page: Path) -> None:
    prose = FENCED.sub("", page.read_text())
    examples = set(re.findall(r"Save this as\s+`([^`]+)`", prose))
    missing = [name for name in PATH.findall(prose) if name not in examples and not (ROOT / name).exists()]
    assert missing == []


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=name_of)
def test_a_page_says_in_its_first_lines_for_whom_it_is(page: Path) -> None:
    # The title may stand before it.
    assert any(line.startswith(("For ", "This page is for ")) for line in page.read_text().split("\n")[:3])


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_lines_are_at_most_100_characters(page: Path) -> None:
    # A row of a table cannot be wrapped.
    long = [line for line in page.read_text().split("\n") if len(line) > WIDTH and not line.startswith("|")]
    assert long == []


@pytest.mark.parametrize("page", [page for page in DOCS.rglob("*.md") if page.parent != DOCS], ids=name_of)
def test_the_map_leads_to_every_page(page: Path) -> None:
    assert f"({page.relative_to(DOCS)})" in text_of("index.md")


def test_pages_that_the_code_names_exist() -> None:
    files = [path for part in ("jobs", "realtime", "streamer_site") for path in (ROOT / part).rglob("*.py")]
    named = {name for path in files for name in re.findall(r"docs/[\w/-]+\.md", path.read_text())}
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
