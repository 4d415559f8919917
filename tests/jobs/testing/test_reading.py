"""Tests of given data: the same readers read it as stored data, with the same errors."""

import uuid
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pydantic import TypeAdapter
from pytest_django import Settings

from jobs.data.datasets.adding import Wish, add_dataset
from jobs.data.datasets.ingest.conversion import ingest
from jobs.handler import DataSource
from jobs.testing import InProcessStack, run_handler
from tests.jobs.testing.scripts import Scene, Script, Seen, handler_of, in_memory, in_stack

ROWS = [
    {"town": "Bern", "people": 134_000, "since": date(1191, 1, 1), "tax": Decimal("1.54")},
    {"town": "Ulm", "people": 126_000, "since": date(854, 7, 22), "tax": Decimal("0.00")},
]
INLINE: list[dict[str, Any]] = [{"town": "Bern", "people": 1}, {"town": "Ulm", "more": "2024-01-31"}]
source_of = TypeAdapter[DataSource](DataSource).validate_python


def read(**source: Any) -> Script:
    def script(scene: Scene) -> Any:
        heard: list[Any] = []
        with scene.context.open_data(source_of(source), on_rows=lambda *rows: heard.append(rows)) as table:
            rows = table.fetch("SELECT * FROM data WHERE town <> $none", {"none": "none"})
            table.execute("CREATE TABLE twice AS FROM data UNION ALL FROM data")
            batches = [batch.num_rows for batch in table.stream("FROM twice", 1_000)]
            figures = {"columns": table.columns, "rows": table.rows, "label": table.label, "batches": batches}
            return {"read": rows, "heard": heard, "fingerprint": table.fingerprint, **figures}

    return script


def keep(path: Path, frame: pd.DataFrame, name: str = "towns") -> None:
    """Add the frame to the datasets of the tenant."""
    frame.to_parquet(path / f"{name}.parquet", index=False)
    owner = {"tenant_id": "acme", "user_id": "bob"}
    add_dataset(
        path / f"{name}.parquet", path, **owner, filename=f"{name}.parquet", wish=Wish(name=name), ingest=ingest
    )


def both(streamer: InProcessStack, script: Script, **given: Any) -> Seen:
    """Return what is seen of the script, which must be the same in memory and in the stack."""
    seen = in_memory(script, **given)
    assert seen == in_stack(streamer, script)
    return seen


def test_inline_rows_are_read(streamer: InProcessStack) -> None:
    seen = both(streamer, read(type="inline", rows=INLINE))
    assert seen.result["columns"] == {"town": "VARCHAR", "people": "BIGINT", "more": "DATE"}


def test_a_dataset_is_read(streamer: InProcessStack, tmp_path: Path) -> None:
    keep(tmp_path, pd.DataFrame(ROWS))
    seen = both(streamer, read(type="dataset", dataset_id="towns"), data={"towns": ROWS})
    assert seen.result["rows"] == 2 and seen.result["batches"] == [4]


@pytest.mark.parametrize("make", [pd.DataFrame, pa.Table.from_pylist])
def test_a_table_is_read_like_a_list_of_its_rows(make: Any) -> None:
    script = read(type="dataset", dataset_id="towns")
    assert in_memory(script, data={"towns": make(ROWS)}) == in_memory(script, data={"towns": ROWS})


def test_a_file_is_read(streamer: InProcessStack, tmp_path: Path, settings: Settings) -> None:
    settings.STREAMER_FILES_DIR = str(tmp_path)
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "towns.csv").write_text("town,people\nBern,134000\nUlm,\n")
    both(streamer, read(type="file", path="towns.csv"), data={"towns.csv": folder / "towns.csv"})


def test_queries_and_streams_have_the_rows_that_the_test_gives() -> None:
    for source in ({"type": "query", "sql": "SELECT 1"}, {"type": "stream", "stream_id": "news"}):
        seen = in_memory(read(**source), data={"SELECT 1": INLINE, "news": INLINE})
        assert (seen.status, seen.result["rows"]) == ("completed", 2)


def test_a_registered_source_is_read(streamer: InProcessStack, tmp_path: Path, settings: Settings) -> None:
    pd.DataFrame(ROWS).to_parquet(tmp_path / "towns.parquet", index=False)
    columns = {"date": "since", "value": "tax", "category": "town"}
    definition = {"label": "Towns", "files": str(tmp_path / "towns.parquet"), **columns}
    script = read(type="dataset", dataset_id="registered")
    seen = in_memory(script, sources={"registered": definition})
    assert in_memory(script).status == "failed"  # registered while the handler ran, and no longer
    settings.STREAMER_SOURCES = {**settings.STREAMER_SOURCES, "registered": definition}
    assert seen == in_stack(streamer, script)
    assert in_memory(lambda scene: {"label": scene.context.get_source("registered").label}).result["label"] == "Towns"


@pytest.mark.parametrize(
    "source",
    [
        {"type": "dataset", "dataset_id": "nope"},
        {"type": "file", "path": "nope.csv"},
        {"type": "stream", "stream_id": "nope", "max_seconds": 0},
    ],
)
def test_what_is_not_there_is_the_same_fault(
    streamer: InProcessStack, source: Any, tmp_path: Path, settings: Settings
) -> None:
    settings.STREAMER_FILES_DIR = str(tmp_path)
    (tmp_path / "acme").mkdir()
    assert both(streamer, read(**source)).error["code"] == "VALIDATION_ERROR"


def test_an_error_in_sql_is_the_same(streamer: InProcessStack) -> None:
    def script(scene: Scene) -> None:
        with scene.context.open_data(source_of({"type": "inline", "rows": INLINE})) as table:
            table.fetch("SELECT no_such_column FROM data")

    assert both(streamer, script).status == "failed"


def open_file(artifact_id: uuid.UUID) -> Script:
    def script(scene: Scene) -> Any:
        with scene.context.open_artifact(artifact_id) as file:
            file.seek(1)
            return {"read": file.read().decode(), "name": type(file).__name__}

    return script


def test_an_artifact_is_read(streamer: InProcessStack) -> None:
    def save(scene: Scene) -> Any:
        with scene.context.save_artifact("a.txt", "text/plain") as saved:
            saved.file.write(b"hello")
        return {}

    request = streamer.submit(handler_of(save))
    streamer.run()
    [artifact] = request.artifacts()
    seen = both(streamer, open_file(artifact.id), artifacts={artifact.id: artifact})
    assert seen.result["read"] == "ello"
    assert in_memory(open_file(artifact.id), artifacts={artifact.id: b"hello"}) == seen
    assert in_memory(open_file(artifact.id), use_stored_data=True) == seen
    assert in_memory(open_file(artifact.id), use_stored_data=True, user_id="bob").status == "failed"


def test_an_artifact_that_is_not_there_is_the_same_error(streamer: InProcessStack) -> None:
    assert both(streamer, open_file(uuid.uuid4())).error["code"] == "PROCESSING_FAILED"


@pytest.mark.django_db
@pytest.mark.usefixtures("own_storage")
def test_stored_data_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    keep(tmp_path, pd.DataFrame(ROWS))
    script = read(type="dataset", dataset_id="towns")
    assert in_memory(script).status == "failed"
    assert in_memory(script, use_stored_data=True).result["rows"] == 2
    assert in_memory(script, use_stored_data=True, tenant_id="other").status == "failed"
    assert in_memory(script, use_stored_data=True, data={"towns": INLINE[:1]}).result["rows"] == 1


def test_a_stop_ends_the_reading() -> None:
    handler = handler_of(read(type="dataset", dataset_id="towns"))
    assert run_handler(handler, {}, data={"towns": ROWS}, cancel_after=0).status == "cancelled"


def test_a_dataset_that_is_given_has_its_name(streamer: InProcessStack, tmp_path: Path) -> None:
    def script(scene: Scene) -> Any:
        scene.attempt(scene.context.save_dataset, "towns")
        return {}

    keep(tmp_path, pd.DataFrame(ROWS))
    [(kind, text)] = both(streamer, script, data={"towns": ROWS}).met
    assert kind == "Permanent" and "There is a dataset 'towns' already" in text


def test_the_quota_is_that_of_the_settings(streamer: InProcessStack, settings: Settings) -> None:
    settings.STREAMER_DATASET_QUOTA_BYTES = 0
    seen = both(streamer, lambda scene: scene.attempt(scene.context.save_dataset, "towns"))
    assert seen.met[0][0] == "Permanent"
