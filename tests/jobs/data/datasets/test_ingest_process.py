import threading
from pathlib import Path

import pytest

from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.ingest import ingest_process
from jobs.data.datasets.ingest.ingest_process import GivenUp, IngestFailed, ingest_in_process
from jobs.data.datasets.outcome import Options


def upload(folder: Path, content: str) -> Path:
    path = folder / "upload"
    path.write_text(content)
    return path


def test_it_works(tmp_path: Path) -> None:
    done = ingest_in_process(upload(tmp_path, "a,b\n1,ä\n"), tmp_path, Options())
    assert done.rows == 1 and done.sample == [{"a": 1, "b": "ä"}] and Path(done.path).parent == tmp_path


def test_an_error_comes_back_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        ingest_in_process(upload(tmp_path, "a,b\n1\n"), tmp_path, Options())
    assert caught.value.message == "line 2 has 1 field, the header has 2" and caught.value.details == {"line": 2}


def test_a_crash_is_told_and_frees_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_process, "_turns", threading.BoundedSemaphore(1))
    for _ in range(2):
        with pytest.raises(IngestFailed, match="ended with 1: Traceback"):
            ingest_in_process(upload(tmp_path, "a\n1\n"), tmp_path, Options(memory="nonsense"))


def test_what_nobody_waits_for_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_process, "_LOOK_SECONDS", 0.01)
    with pytest.raises(GivenUp):
        ingest_in_process(upload(tmp_path, "a\n1\n"), tmp_path, Options(), is_wanted=lambda: False)
    assert not (tmp_path / "dataset.parquet").exists()
