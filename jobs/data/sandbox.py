"""A DuckDB database that can reach the files it was given and its own scratch folder, nothing else. Needs no Django.

The order matters. First the files are named (``allowed_paths``). Then access to all others is closed
(``enable_external_access``), which also forbids to install, load or attach anything. Then the configuration is locked,
so that no later SQL can open it again. The allowed files can be read but not written.
"""

from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import duckdb

from jobs.contract.quoting import quote_text

THREADS = 2


def size_of(memory: str) -> int:
    """Return the bytes of a size as DuckDB writes it, such as 512MB."""
    [(size,)] = duckdb.execute("SELECT parse_formatted_bytes(?)", [memory]).fetchall()
    return int(size)


def open_sandbox(
    folder: Path, *, readable: Sequence[str], memory: str, disk_bytes: int, in_order: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open a new database that may read ``readable`` (absolute paths) and spills to ``folder``.

    Its tables are in memory as far as they fit, because a database on disk compresses all of them, which takes longer
    than most work on them. ``memory`` is a size as DuckDB writes it, such as 512MB; ``disk_bytes`` limits the spilled
    data. ``in_order`` uses one thread. With several, rows of groups and joins come in another order each time, if the
    SQL names none.
    """
    connection = duckdb.connect(
        config={
            "memory_limit": memory,
            "threads": 1 if in_order else THREADS,
            "temp_directory": str(folder / f"spill-{uuid4().hex}"),
            "max_temp_directory_size": f"{disk_bytes}B",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_persistent_secrets": False,
            # Without this, DuckDB would read the name of a Python variable in a query as a table.
            "python_enable_replacements": False,
            # Otherwise a batch with more than 2 GiB of text in one column could not leave the database.
            "arrow_large_buffer_size": True,
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    # So that a long statement's progress can be read; nothing is printed.
    connection.execute("SET enable_progress_bar = true")
    connection.execute("SET enable_progress_bar_print = false")
    connection.execute(f"SET allowed_paths = [{', '.join(map(quote_text, readable))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection
