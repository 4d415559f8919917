"""The DuckDB database in which a file becomes Parquet: it reaches that file, its scratch folder and nothing else."""

from pathlib import Path

import duckdb

from jobs.contract.quoting import quote_text
from jobs.data.sandbox import THREADS


def open_engine(
    path: Path, scratch_dir: Path, memory: str, disk_bytes: int, *, in_order: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open a database in memory that spills up to ``disk_bytes`` to ``scratch_dir`` above ``memory`` (as ``512MB``).

    ``in_order`` uses one thread. With several, DuckDB mixes the rows of files that are read as one table.
    """
    connection = duckdb.connect(
        config={
            "memory_limit": memory,
            "threads": 1 if in_order else THREADS,
            "temp_directory": str(scratch_dir / "spill"),
            "max_temp_directory_size": f"{disk_bytes}B",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET allowed_paths = [{quote_text(str(path))}]")
    connection.execute(f"SET allowed_directories = [{quote_text(str(scratch_dir.resolve()))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection
