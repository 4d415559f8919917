"""The definition of a source: the place of its tables, the query that joins them, and the roles of columns."""

import re
from glob import glob
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

_TABLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_PARQUET, _TEXTS = ".parquet", (".csv", ".csv.gz", ".tsv", ".tsv.gz")
_Label = Annotated[str, Field(min_length=1, max_length=120)]
_Unit = Annotated[str, Field(min_length=1, max_length=20)]
SINGLE_TABLE = "records"
"""The name of the only table when a definition gives none."""


class SourceDefinition(BaseModel):
    """A registered table that handlers may read. Frozen; made from one entry of ``STREAMER_SOURCES``.

    It is either ``files``, with a ``query`` in DuckDB's SQL that joins them when there are several tables,
    or a ``query`` over a Django ``database``. Each row of the outcome is one record.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    label: str = Field(min_length=1, max_length=120)
    """The name that people see."""
    description: str = ""
    files: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Table name → paths and globs of its Parquet or CSV files. A bare path, or a list, is one table."""
    database: str | None = None
    """Alias in Django's ``DATABASES``."""
    query: str | None = Field(default=None, min_length=1)
    date: str = Field(min_length=1)
    """The column that dates a record: a date or a date-time; those with a time zone are taken in UTC."""
    value: str = Field(min_length=1)
    """The column that is summed, of any number type."""
    category: str = Field(min_length=1)
    region: str | None = Field(default=None, min_length=1)
    labels: dict[str, _Label] = Field(default_factory=dict)
    """Column → the name that people see."""
    units: dict[str, _Unit] = Field(default_factory=dict)
    """Column → its unit, such as kg."""
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    """The currency of the value column, as an ISO 4217 code."""
    table_dates: dict[str, str] = Field(default_factory=dict)
    """Table name → its own date column. Only the days of the report are read from such a table."""

    @field_validator("files", mode="before")
    @classmethod
    def _as_tables(cls, files: Any) -> Any:
        if isinstance(files, (str, Path, list, tuple)):
            files = {SINGLE_TABLE: files}
        if not isinstance(files, dict):
            return files
        return {name: (str(paths),) if isinstance(paths, (str, Path)) else paths for name, paths in files.items()}

    @field_validator("files")
    @classmethod
    def _readable(cls, files: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for table, paths in files.items():
            if not _TABLE.fullmatch(table):
                raise ValueError(f"'{table}' is no table name: lower-case letters, digits and underscores")
            if len({_is_text(path) for path in paths}) != 1:
                raise ValueError(f"'{table}' needs one or more files, all Parquet or all CSV")
        return files

    @field_validator("query")
    @classmethod
    def _one_statement(cls, query: str | None) -> str | None:
        return query.strip().rstrip(";").rstrip() if query else query

    @field_validator("table_dates")
    @classmethod
    def _of_known_tables(cls, table_dates: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        unknown = sorted(set(table_dates) - set(info.data.get("files", table_dates)))
        if unknown:
            raise ValueError(f"names tables that are not in 'files': {', '.join(unknown)}")
        return table_dates

    @model_validator(mode="after")
    def _one_origin(self) -> "SourceDefinition":
        if bool(self.files) == bool(self.database):
            raise ValueError("give either 'files' or a 'database'")
        if self.database and not self.query:
            raise ValueError("a 'database' needs a 'query'")
        if len(self.files) > 1 and not self.query:
            raise ValueError("several tables need a 'query' that joins them")
        if self.currency and self.value in self.units:
            raise ValueError(f"the value '{self.value}' has either a 'currency' or one of the 'units'")
        return self

    def date_column_of(self, table: str) -> str | None:
        """Return the column that narrows ``table`` to the days of a report; None: it is read whole."""
        return self.date if not self.query else self.table_dates.get(table)

    def paths_of(self, table: str) -> list[str]:
        """List the files of ``table`` that exist now, sorted, as absolute paths."""
        found = {path for pattern in self.files[table] for path in _matches(pattern)}
        return sorted(str(path.resolve()) for path in found if path.is_file())

    def holds_texts(self, table: str) -> bool:
        """Tell whether the files of ``table`` are CSV. Otherwise they are Parquet."""
        return _is_text(self.files[table][0])


def _matches(pattern: str) -> list[Path]:
    """List what ``pattern`` names. The part of it that exists as written is no glob, whatever characters it has."""
    literal, rest = Path(), list(Path(pattern).parts)
    while rest and (literal / rest[0]).exists():
        literal /= rest.pop(0)
    if not rest:
        return [literal]
    return [literal / match for match in glob(str(Path(*rest)), root_dir=literal, recursive=True)]


def _is_text(path: str) -> bool:
    """Tell whether a path or glob names CSV files. Raises ``ValueError`` for a format that is not read."""
    lower = path.lower()
    if not lower.endswith((_PARQUET, *_TEXTS)):
        raise ValueError(f"'{path}' ends in none of {', '.join((_PARQUET, *_TEXTS))}")
    return not lower.endswith(_PARQUET)
