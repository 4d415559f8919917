"""Types of actions, from the schemas that a service gives."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from streamer_client.typegen import python, typescript
from streamer_client.typegen.schema import read_action

# The libraries below the client do not matter here, and take most of the time.
_QUICK = ("--no-site-packages", "--ignore-missing-imports", "--follow-imports=silent")
REPORT: dict[str, Any] = {
    "action": "generate_report",
    "description": "Makes a report.",
    "schema": {
        "type": "object",
        "additionalProperties": False,
        "$defs": {
            "Filter": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"column": {"type": "string"}, "not": {"$ref": "#/$defs/Filter"}},
                "required": ["column"],
            },
            "Format": {"enum": ["pdf", "csv"], "type": "string"},
        },
        "properties": {
            "start": {"type": "string", "format": "date", "description": "The first\n day."},
            "format": {"$ref": "#/$defs/Format", "default": "csv"},
            "filters": {"type": "array", "items": {"$ref": "#/$defs/Filter"}},
            "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "options": {"type": "object", "additionalProperties": {"type": "number"}},
        },
        "required": ["start"],
    },
    "result_schema": {
        "type": "object",
        "properties": {"url": {"type": "string"}, "rows": {"type": "integer"}},
        "required": ["url", "rows"],
    },
}
ECHO = {"action": "echo", "description": "", "schema": {"type": "object", "additionalProperties": True}}


def test_it_works_for_python() -> None:
    text = python.write([read_action(REPORT), read_action(ECHO)])
    assert "class GenerateReportPayload(TypedDict):\n    start: str\n" in text
    assert "    limit: NotRequired[int | None]\n" in text
    assert "    filters: NotRequired[list[GenerateReportFilter]]\n" in text
    assert "    format: NotRequired[Literal['pdf', 'csv']]\n" in text
    assert "    options: NotRequired[Mapping[str, float]]\n" in text
    assert "GenerateReportFilter = TypedDict(" in text, "'not' is no name of Python"
    compile(text, "actions.py", "exec")


def test_it_works_for_typescript() -> None:
    text = typescript.write([read_action(REPORT), read_action(ECHO)])
    assert "  /** The first day. */\n  start: string;\n" in text
    assert '  format?: "pdf" | "csv";\n' in text
    assert "  filters?: Array<GenerateReportFilter>;\n" in text
    assert "  not?: GenerateReportFilter;\n" in text
    assert "    generate_report: { payload: GenerateReportPayload; result: GenerateReportResult };\n" in text
    assert "    echo: { payload: Record<string, unknown>; result: unknown };\n" in text


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ('await known.run("generate_report", {"start": "2024-01-01", "limit": None})', ""),
        ('(await known.run("generate_report", {"start": "2024-01-01"}))["rows"] + 1', ""),
        ('await known.run("echo")', ""),
        ('await known.submit("echo", {"message": 1}, tags=["nightly"])', ""),
        ('await known.run("generate_report", {"start": 5})', "No overload"),
        ('await known.run("generate_report", {"start": "2024-01-01", "format": "doc"})', "No overload"),
        ('await known.run("nothing", {})', "No overload"),
    ],
)
def test_calls_are_checked(call: str, fault: str, checked: Any) -> None:
    assert fault in checked[call] if fault else checked[call] == ""


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Check all calls with one run of mypy, and return what it says of each."""
    if shutil.which("mypy", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("mypy is not installed")
    folder = tmp_path_factory.mktemp("types")
    (folder / "actions.py").write_text(python.write([read_action(REPORT), read_action(ECHO)]))
    lines = [case[0] for case in test_calls_are_checked.pytestmark[0].args[1]]  # type: ignore[attr-defined]
    head = [
        "from actions import typed",
        "from streamer_client import Client",
        "async def main(client: Client) -> None:",
    ]
    (folder / "use.py").write_text("\n".join([*head, "    known = typed(client)", *(f"    {line}" for line in lines)]))
    said = _mypy(folder)
    first = len(head) + 2
    return {
        line: "\n".join(one for one in said if f"use.py:{first + place}:" in one) for place, line in enumerate(lines)
    }


def _mypy(folder: Path) -> list[str]:
    source = Path(__file__).resolve().parents[1] / "src"
    env = {"MYPYPATH": f"{source}:{folder}", "PATH": str(Path(sys.executable).parent)}
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        *_QUICK,
        f"--cache-dir={folder / 'cache'}",
        "use.py",
    ]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert "actions.py" not in done.stdout, done.stdout
    return done.stdout.splitlines()
