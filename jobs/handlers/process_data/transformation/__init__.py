"""The pipeline ``transformation``: operations applied in DuckDB, one after another."""
