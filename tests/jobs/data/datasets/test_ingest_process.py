import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.data.datasets.failures import TooLarge, Unreadable
from jobs.data.datasets.ingest import ingest_process
from jobs.data.datasets.ingest.ingest_process import GivenUp, IngestFailed, ingest_in_process
from jobs.data.datasets.outcome import Options
from jobs.data.process_limits import ENVIRONMENT, ROOT
from tests.jobs.data.datasets.test_workbooks import xlsx

MIB = 1024 * 1024


def upload(folder: Path, content: str | bytes) -> Path:
    path = folder / "upload"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def run_instead(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Run ``program`` in place of the conversion."""
    popen = subprocess.Popen
    monkeypatch.setattr(
        ingest_process.subprocess,
        "Popen",
        lambda argv, **options: popen([sys.executable, "-c", program], **options),
    )


def test_it_works(tmp_path: Path) -> None:
    done = ingest_in_process(upload(tmp_path, "a,b\n1,ä\n"), tmp_path, Options())
    assert done.rows == 1 and done.sample == [{"a": 1, "b": "ä"}] and Path(done.path).parent == tmp_path


def test_an_error_comes_back_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        ingest_in_process(upload(tmp_path, "a,b\n1\n"), tmp_path, Options())
    assert caught.value.message == "line 2 has 1 field, the header has 2" and caught.value.details == {"line": 2}


def test_a_crash_is_told(tmp_path: Path) -> None:
    with pytest.raises(IngestFailed, match="ended with 1: Traceback"):
        ingest_in_process(upload(tmp_path, "a\n1\n"), tmp_path, Options(memory="nonsense"))


def test_what_nobody_waits_for_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_process, "_LOOK_SECONDS", 0.01)
    with pytest.raises(GivenUp):
        ingest_in_process(upload(tmp_path, "a\n1\n"), tmp_path, Options(), is_wanted=lambda: False)
    assert not (tmp_path / "dataset.parquet").exists()


def test_options_larger_than_a_pipe_hang_nothing(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="There is no sheet"):
        ingest_in_process(upload(tmp_path, xlsx(["a"], ["x"])), tmp_path, Options(sheet="x" * MIB, seconds=60))


def test_a_talkative_process_hangs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = f"import sys; sys.stderr.write('x' * {MIB}); sys.stdout.write('y' * {MIB}); sys.exit(3)"
    run_instead(monkeypatch, talk)
    with pytest.raises(IngestFailed, match="ended with 3: x{4000}$"):
        ingest_in_process(upload(tmp_path, "a\n1\n"), tmp_path, Options(seconds=60))


# --- Limits ----------------------------------------------------------------------------------------------------------


def test_it_sees_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "of the server")
    run_instead(monkeypatch, "import json, os, sys; sys.stderr.write(json.dumps(sorted(os.environ))); sys.exit(3)")
    with pytest.raises(IngestFailed) as caught:
        ingest_in_process(upload(tmp_path, "a\n1\n"), tmp_path, Options())
    assert "SECRET_KEY" in os.environ
    seen = set(json.loads(str(caught.value).partition(": ")[2]))
    assert seen - {"LC_CTYPE"} == {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}


def test_a_file_that_needs_too_much_memory_is_at_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_instead(monkeypatch, "import os; os.abort()")
    with pytest.raises(Unreadable, match="needs more memory than it may use"):
        ingest_in_process(upload(tmp_path, "a\n1\n"), tmp_path, Options())


def test_a_file_that_takes_too_long_is_at_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_instead(monkeypatch, "while True: pass")
    with pytest.raises(Unreadable, match="longer to read than its limit of 0.5 seconds"):
        ingest_in_process(upload(tmp_path, "a\n1\n"), tmp_path, Options(seconds=0.5))


def test_the_time_of_processors_is_limited_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limited = "from jobs.data.process_limits import *; limit_this_process(memory_bytes=2**30, processor_seconds=0)"
    run_instead(monkeypatch, f"{limited}\nwhile True: pass")
    with pytest.raises(Unreadable, match="longer to read"):
        ingest_in_process(upload(tmp_path, "a\n1\n"), tmp_path, Options(seconds=60))


def test_a_table_that_takes_too_much_disk_is_refused(tmp_path: Path) -> None:
    values = "\n".join(f"{at * 7919 % 1_000_003}" for at in range(300_000))
    with pytest.raises(TooLarge, match="takes more disk"):
        ingest_in_process(upload(tmp_path, f"a\n{values}\n"), tmp_path, Options(most_unpacked_bytes=200_000))


@pytest.mark.parametrize("call", ["limit_this_process(memory_bytes=300 * 2**20)", "end_above(300 * 2**20)"])
def test_memory_is_limited_or_measured(call: str) -> None:
    program = (
        "import threading; from jobs.data.process_limits import *\n"
        f"threading.Thread(target=lambda: {call}, daemon=True).start()\n"
        "held = []\n"
        "for _ in range(200): held.append(bytearray(10 * 2**20)); time.sleep(0.02)"
    )
    ended = subprocess.run([sys.executable, "-c", program], env=ENVIRONMENT, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == -9 or "MemoryError" in ended.stderr
