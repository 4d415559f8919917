"""The alerts fire for their faults, and what they name exists: the metrics, and the entries of the runbook."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
ALERTS = (PROMETHEUS / "alerts.yml").read_text()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_each_fires_for_its_fault_and_for_nothing_else() -> None:
    done = subprocess.run(
        ["promtool", "test", "rules", "alerts_test.yml"], cwd=PROMETHEUS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_is_tested_and_has_its_entry_in_the_runbook() -> None:
    names = re.findall(r"- alert: (\w+)", ALERTS)
    entries = re.findall(r"^## (Streamer\w+)$", (ROOT / "docs/how-to/runbook.md").read_text(), re.MULTILINE)
    tested = set(re.findall(r"alertname: (\w+)\n +exp_alerts:\n", (PROMETHEUS / "alerts_test.yml").read_text()))
    assert names == entries and set(names) == tested
    assert re.findall(r"runbook\.md#(\w+)", ALERTS) == [name.lower() for name in names]


def test_they_ask_for_metrics_that_there_are() -> None:
    reference = (ROOT / "docs/reference/metrics.md").read_text()
    there_are = set(re.findall(r"^\| `(streamer_\w+)", reference, re.MULTILINE))
    asked = {name.removesuffix("_bucket") for name in re.findall(r"\b(streamer_\w+)", ALERTS)}
    assert asked <= there_are
