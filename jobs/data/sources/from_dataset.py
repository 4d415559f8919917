"""A dataset of a tenant as a source: its one table, with the columns that a payload names."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobs.contract.source import DatasetColumns, OpenSource, source_names
from jobs.data.datasets.store import find_dataset, local_copy
from jobs.data.sources.definition import SourceDefinition
from jobs.errors import InvalidPayload
from jobs.formatting import format_counted
from jobs.models import Dataset

_TABLE = "rows"
"""The table of a dataset in messages and in the database of the run."""


@dataclass(frozen=True, kw_only=True)
class DatasetAsSource:
    """The ``Source`` of a dataset. ``copy`` returns its Parquet file, if need be from a scratch folder."""

    name: str
    columns: DatasetColumns
    copy: Callable[[Path], Path]
    description: str = ""

    @property
    def label(self) -> str:
        return self.name

    @property
    def date(self) -> str:
        return self.columns.date

    @property
    def value(self) -> str:
        return self.columns.value

    @property
    def category(self) -> str:
        return self.columns.category

    @property
    def region(self) -> str | None:
        return self.columns.region

    @property
    def labels(self) -> Mapping[str, str]:
        return {}

    @property
    def units(self) -> Mapping[str, str]:
        return {}

    @property
    def currency(self) -> str | None:
        return None

    @contextmanager
    def open(self, scratch_dir: Path, check: Callable[[], None]) -> Iterator[OpenSource]:
        # DuckDB and pyarrow take 100 MB: a web process goes without.
        from jobs.data.sources.reader import SourceReader  # noqa: PLC0415

        with SourceReader(self._definition(self.copy(scratch_dir)), scratch_dir, check) as reader:
            yield reader

    def _definition(self, path: Path) -> SourceDefinition:
        return _DatasetDefinition(
            name=self.name,
            label=self.label,
            description=self.description,
            files={_TABLE: (str(path),)},
            **self.columns.model_dump(exclude={"dataset_id"}),
        )


class _DatasetDefinition(SourceDefinition):
    name: str
    """The dataset's, which may begin with an underscore."""


def dataset_as_source(tenant_id: str, columns: DatasetColumns) -> DatasetAsSource:
    """Return the named dataset as a source. Raises ``InvalidPayload`` when the tenant has none of that name or id."""
    dataset = find_dataset(tenant_id, columns.dataset_id)
    if dataset is None:
        raise no_such_dataset(columns.dataset_id)
    return DatasetAsSource(
        name=dataset.name,
        columns=columns,
        copy=lambda scratch_dir: local_copy(dataset, scratch_dir),
        description=f"The dataset '{dataset.name}', with {format_counted(dataset.rows, 'row')}.",
    )


def no_such_dataset(id_or_name: str) -> InvalidPayload:
    """Build the fault of a ``DatasetColumns`` that names what does not exist, or belongs to another tenant."""
    message = f"no dataset is called '{id_or_name}'"
    if id_or_name in source_names():
        message += "; it is a registered source, so name it as one"
    return InvalidPayload([{"path": "dataset_id", "message": message, "type": "value_error"}])


def dataset_fingerprint(tenant_id: str, id_or_name: str) -> str | None:
    """Return the fingerprint of a dataset's content, which never changes; None when there is no such dataset.

    A dataset of the same name that takes its place has another one.
    """
    dataset: Dataset | None = find_dataset(tenant_id, id_or_name)
    return None if dataset is None else f"{dataset.id.hex}:{dataset.sha256}"
