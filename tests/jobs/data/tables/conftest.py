"""Data of two tenants, and a way to read what a data source gives."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from pydantic import TypeAdapter

from jobs.contract.data_source import DataSource
from jobs.contract.table import OpenTable
from jobs.data.tables.reader import open_data
from jobs.models import Dataset

Opened = Callable[..., Any]
Rows = list[tuple[Any, ...]]
_SOURCE: TypeAdapter[Any] = TypeAdapter(DataSource)


def no_check() -> None:
    """A run that nobody cancels."""


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """``with opened({"type": "inline", …}, tenant="acme") as table``"""

    def open_one(
        source: dict[str, Any],
        *,
        tenant: str = "acme",
        check: Any = no_check,
        on_rows: Any = None,
        folder: Path = tmp_path,
    ) -> Any:
        scratch_dir = folder / f"scratch-{uuid4().hex[:8]}"
        scratch_dir.mkdir()
        parsed = _SOURCE.validate_python(source)
        return open_data(parsed, tenant_id=tenant, scratch_dir=scratch_dir, check=check, on_rows=on_rows)

    return open_one


@pytest.fixture
def rows_of(opened: Opened) -> Callable[..., Rows]:
    def read(source: dict[str, Any], **options: Any) -> Rows:
        with opened(source, **options) as table:
            return all_rows(table)

    return read


def all_rows(table: OpenTable) -> Rows:
    return table.fetch("FROM data")


@pytest.fixture
def make_dataset(own_storage: Path, tmp_path: Path) -> Callable[..., Dataset]:
    """``make_dataset("sales", {"amount": [1, 2]}, tenant="acme")``"""

    def make(name: str, columns: dict[str, Any], *, tenant: str = "acme", **fields: Any) -> Dataset:
        path = tmp_path / f"{uuid4().hex}.parquet"
        table = pa.table(columns)
        pyarrow.parquet.write_table(table, path, row_group_size=100_000)
        return Dataset.objects.create(
            tenant_id=tenant,
            user_id="alice",
            name=name,
            filename=f"{name}.csv",
            format="csv",
            uploaded_bytes=path.stat().st_size,
            size_bytes=path.stat().st_size,
            sha256="0" * 64,
            rows=table.num_rows,
            storage_name=default_storage.save(f"datasets/{path.name}", ContentFile(path.read_bytes())),
            **fields,
        )

    return make
