"""A rolling restart under load, on a small scale, by its command, as an operator runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from streamer_site.local.stack import PROJECT_DIR
from tests.chaos.stream import Stream, Wanted
from tests.chaos.verdict import find_problems

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


def test_it_works(tmp_path: Path) -> None:
    results, table = tmp_path / "results.json", tmp_path / "table.md"
    command = ["streamer_rolling", "--short", "--json", str(results), "--markdown", str(table)]
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=PROJECT_DIR, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rolled = json.loads(results.read_text())
    assert rolled["good"] and rolled["balance"] == {"lost": 0, "doubled": 0, "disordered": 0}
    assert [step["old"] for step in rolled["steps"]] == ["sweeper", "worker-1", "web-1"]
    assert rolled["requests"] > 0 and rolled["gap_seconds"] > 0
    assert "lost 0, doubled 0, disordered 0" in table.read_text()


def test_what_clients_should_never_see_is_told() -> None:
    stream = Stream(client_id="1", wanted=Wanted(action="chaos_file"), request_id="12345678-9", asked_at=10.0)
    stream.arrivals = [
        (10.5, {"type": "acknowledgment", "request_id": "12345678-9"}),
        (11.0, {"type": "started", "seq": 1, "attempt": 1}),
        (14.5, {"type": "error", "seq": 2, "attempt": 1, "final": True, "error": {"code": "WORKER_LOST"}}),
    ]
    assert (stream.accept_seconds, stream.longest_gap) == (0.5, 3.5)
    assert list(find_problems([stream], all_ended=True)) == ["chaos_file 12345678 ended with error WORKER_LOST"]
    assert "1 requests did not end" in next(
        find_problems([Stream(client_id="2", wanted=stream.wanted)], all_ended=False)
    )
