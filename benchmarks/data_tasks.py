"""The tasks of the benchmark of data work, each as Streamer does it and as somebody does it by hand."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.report_memory import MeasuredContext

LEARNED_ROWS = 1_000_000
_DUCKDB: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "512MB", "threads": 2}
LABEL = "CASE WHEN quantity + length(region) + hash(order_id) % 5 > 11 THEN 'large' ELSE 'small' END AS size"
_DAYS = {"start_date": "2024-01-01", "end_date": "2024-12-31"}
_OPERATIONS = [
    {"type": "filter", "column": "quantity", "operator": "gt", "value": 2},
    {"type": "transform", "function": "multiply", "column": "quantity", "value": 1.19, "into": "gross"},
    {"type": "sort", "by": [{"column": "product"}, {"column": "quantity", "descending": True}]},
]
_TRANSFORMED = "SELECT *, quantity * 1.19 AS gross FROM '{}' WHERE quantity > 2 ORDER BY product, quantity DESC"


class DataContext(MeasuredContext):
    """A context that opens one file, whatever is asked for."""

    def __init__(self, folder: Path, table: Path) -> None:
        super().__init__(folder)
        self._table = table

    def open_data(self, source: Any, *, on_rows: Any = None) -> AbstractContextManager[Any]:
        # Late, as all that is measured: only the child process has the settings of the benchmark.
        from jobs.data.tables.files.reading import open_files  # noqa: PLC0415

        return open_files({str(self._table): "orders"}, "orders", self.scratch_dir, self.check, on_rows)


def process(table: Path, folder: Path, payload: dict[str, Any]) -> dict[str, Any]:
    from jobs.handlers.process_data import ProcessData  # noqa: PLC0415

    handler, context = ProcessData(), DataContext(folder, table)
    source, output = {"type": "file", "path": "orders.parquet"}, {"format": "parquet"}
    summary = handler.run(handler.parse({**payload, "data_source": source, "output": output}), context)["summary"]
    told = {"reports": context.reports, "longest_silence": context.longest_silence}
    return {**told, "note": summary["metrics"].get("accuracy", "")}


def transform(table: Path, folder: Path) -> dict[str, Any]:
    return process(table, folder, {"pipeline": "transformation", "options": {"operations": _OPERATIONS}})


def transform_duckdb(table: Path, folder: Path) -> dict[str, Any]:
    import duckdb  # noqa: PLC0415

    sql = _TRANSFORMED.format(table)
    duckdb.connect(config=_DUCKDB).execute(f"COPY ({sql}) TO '{folder}/out.parquet' (COMPRESSION zstd)")
    return {}


def transform_pandas(table: Path, folder: Path) -> dict[str, Any]:
    import pandas as pd  # noqa: PLC0415

    frame = pd.read_parquet(table)
    frame = frame[frame["quantity"] > 2].assign(gross=lambda kept: kept["quantity"] * 1.19)
    frame = frame.sort_values(["product", "quantity"], ascending=[True, False], kind="stable")
    frame.to_parquet(folder / "out.parquet", compression="zstd", index=False)
    return {}


def report(table: Path, folder: Path) -> dict[str, Any]:
    from jobs.handlers.generate_report import GenerateReport  # noqa: PLC0415

    handler, context = GenerateReport(), DataContext(folder, table)
    handler.run(handler.parse({**_DAYS, "format": "csv", "source": "many"}), context)
    return {"reports": context.reports, "longest_silence": context.longest_silence}


def report_duckdb(table: Path, folder: Path) -> dict[str, Any]:
    import duckdb  # noqa: PLC0415

    connection = duckdb.connect(config=_DUCKDB)
    connection.execute(f"SELECT category, region, month(order_date), sum(value), count(*) FROM '{table}' GROUP BY ALL")
    connection.execute(f"COPY (SELECT * FROM '{table}' ORDER BY order_date) TO '{folder}/out.csv'")
    return {}


def report_pandas(table: Path, folder: Path) -> dict[str, Any]:
    import pandas as pd  # noqa: PLC0415

    frame = pd.read_parquet(table)
    frame["value"] = frame["value"].astype(float)
    frame["order_date"] = pd.to_datetime(frame["order_date"])
    frame.groupby(["category", "region", frame["order_date"].dt.month])["value"].agg(["sum", "count"])
    frame.sort_values("order_date").to_csv(folder / "out.csv", index=False)
    return {}


def learn(table: Path, folder: Path) -> dict[str, Any]:
    return process(table, folder, {"pipeline": "classification", "options": {"target": "size"}})


def learn_sklearn(table: Path, folder: Path) -> dict[str, Any]:
    import pandas as pd  # noqa: PLC0415
    from sklearn.compose import make_column_transformer  # noqa: PLC0415
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415
    from sklearn.model_selection import train_test_split  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import OneHotEncoder, TargetEncoder  # noqa: PLC0415

    frame = pd.read_parquet(table).astype({"value": float})
    encoders = [(OneHotEncoder(sparse_output=False), ["category", "region"]), (TargetEncoder(), ["product"])]
    encoder = make_column_transformer(*encoders, ("passthrough", ["quantity", "value"]))
    model = make_pipeline(encoder, HistGradientBoostingClassifier(max_iter=200, random_state=0))
    x, test_x, y, test_y = train_test_split(frame.drop(columns="size"), frame["size"], test_size=0.2, random_state=0)
    accuracy = model.fit(x, y).score(test_x, test_y)
    frame.assign(prediction=model.predict(frame)).to_parquet(folder / "out.parquet", index=False)
    return {"note": round(float(accuracy), 4)}


def upload(table: Path, folder: Path) -> dict[str, Any]:
    from jobs.data.datasets.ingest.conversion import ingest  # noqa: PLC0415
    from jobs.data.datasets.outcome import Options  # noqa: PLC0415

    ingest(table, folder, Options(sheet=None, header=None, memory="512MB", most_unpacked_bytes=10**10))
    return {}


def upload_duckdb(table: Path, folder: Path) -> dict[str, Any]:
    import duckdb  # noqa: PLC0415

    rows = f"SELECT * FROM read_csv('{table}')"
    duckdb.connect(config=_DUCKDB).execute(f"COPY ({rows}) TO '{folder}/out.parquet' (COMPRESSION zstd)")
    return {}


def upload_pandas(table: Path, folder: Path) -> dict[str, Any]:
    import pandas as pd  # noqa: PLC0415

    pd.read_csv(table).to_parquet(folder / "out.parquet", compression="zstd", index=False)
    return {}


TASKS: dict[str, dict[str, Callable[[Path, Path], dict[str, Any]]]] = {
    "upload": {"Streamer": upload, "DuckDB": upload_duckdb, "pandas": upload_pandas},
    "transform": {"Streamer": transform, "DuckDB": transform_duckdb, "pandas": transform_pandas},
    "report": {"Streamer": report, "DuckDB": report_duckdb, "pandas": report_pandas},
    "learn": {"Streamer": learn, "scikit-learn": learn_sklearn},
}
