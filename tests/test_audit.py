"""``make audit`` passes without a finding only where the index cannot be reached."""

import importlib.util
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

SOUND = '{"dependencies": [{"name": "django", "version": "5.2", "vulns": []}]}'
VULNERABLE = (
    '{"dependencies": [{"name": "django", "version": "5.2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["5.3"]}]},'
    ' {"name": "own", "skip_reason": "not found"}]}'
)
UNKNOWN = '{"dependencies": [{"name": "django", "skip_reason": "Dependency not found on PyPI"}]}'
TRACEBACK = "Traceback (most recent call last):\n  File ...\n"
Answer = Callable[..., None]


@pytest.fixture
def audit() -> ModuleType:
    path = Path(__file__).parents[1] / ".ci" / "audit.py"
    spec = importlib.util.spec_from_file_location("audit", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def answer(audit: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Return a function that sets what pip-audit prints."""

    def set_answer(stdout: str = "", stderr: str = "", status: int = 1) -> None:
        done: subprocess.CompletedProcess[str] = subprocess.CompletedProcess([], status, stdout, stderr)
        monkeypatch.setattr(subprocess, "run", lambda *_args, **_options: done)

    return set_answer


def test_sound_packages_pass(audit: ModuleType, answer: Answer) -> None:
    answer(SOUND, status=0)
    assert audit.main() == 0


def test_a_vulnerable_package_fails(audit: ModuleType, answer: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    answer(VULNERABLE)
    assert audit.main() == 1
    assert "django 5.2: PYSEC-1, fixed in 5.3" in capsys.readouterr().out


@pytest.mark.parametrize(
    "stderr",
    [
        "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed\n",
        f"{TRACEBACK}requests.exceptions.ConnectionError: Name or service not known\n",
        f"{TRACEBACK}requests.exceptions.ProxyError: Tunnel connection failed\n",
        f"{TRACEBACK}requests.exceptions.HTTPError: 503 Server Error: for url\n\n{TRACEBACK}pip_audit.ServiceError\n",
    ],
    ids=["no feed", "no name", "no proxy", "no service"],
)
def test_without_the_index_it_passes_and_says_so(
    audit: ModuleType, answer: Answer, capsys: pytest.CaptureFixture[str], stderr: str
) -> None:
    answer(stderr=stderr)
    assert audit.main() == 0
    assert "Skipped the audit" in capsys.readouterr().out


def test_an_index_that_knows_no_package_is_none(
    audit: ModuleType, answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(UNKNOWN, status=0)
    assert audit.main() == 0
    assert "Dependency not found on PyPI" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("stdout", "stderr"),
    [
        ("", "No module named pip_audit\n"),
        ("", "ERROR:pip_audit._cli:requirement foo does not contain a hash\n"),
        ("", f"{TRACEBACK}AttributeError: no such thing\n"),
        ("", ""),
        ("[]", ""),
        ('{"dependencies": []}', ""),
    ],
    ids=["not installed", "lock file", "traceback", "silence", "other JSON", "nothing to look up"],
)
def test_any_other_failure_fails(
    audit: ModuleType, answer: Answer, capsys: pytest.CaptureFixture[str], stdout: str, stderr: str
) -> None:
    answer(stdout, stderr)
    assert audit.main() == 1
    assert "The audit failed" in capsys.readouterr().out
