import hashlib
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
import pytest
from django.core.management import call_command
from pytest_django import Settings

from jobs.data.sample.source import SAMPLE_TABLES
from jobs.data.sample.tables import FIRST_DAY, LAST_DAY, generate_tables


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    return generate_tables()


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.STREAMER_SAMPLE_DIR = tmp_path / "sample"
    return tmp_path / "sample"


def digest(tables: dict[str, pa.Table]) -> str:
    """Over names, types and values of all tables."""
    checksum = hashlib.sha256()
    for name, table in sorted(tables.items()):
        checksum.update(name.encode() + str(table.schema).encode())
        for column in table.columns:
            checksum.update("\n".join(pc.cast(column, pa.string()).to_pylist()).encode())
    return checksum.hexdigest()


def run() -> str:
    output = StringIO()
    call_command("streamer_sample", stdout=output)
    return output.getvalue()


def test_it_has_its_tables_days_regions_and_categories(tables: dict[str, pa.Table]) -> None:
    assert set(tables) == set(SAMPLE_TABLES)
    orders = tables["transactions"]
    assert orders.num_rows >= 200_000
    assert pc.min_max(orders["order_date"]).as_py() == {"min": FIRST_DAY, "max": LAST_DAY}
    assert set(tables["customers"]["region"].to_pylist()) == {"North", "South", "East", "West"}
    categories = {"Electronics", "Clothing", "Books", "Home", "Sports"}
    assert set(tables["products"]["category"].to_pylist()) == categories


def test_the_same_seed_gives_the_same_rows(tables: dict[str, pa.Table]) -> None:
    assert digest(generate_tables()) == digest(tables)
    assert digest(generate_tables(seed=1)) != digest(tables)


def test_every_order_finds_its_customer_product_and_visit(tables: dict[str, pa.Table]) -> None:
    orders = tables["transactions"]
    for key, table in (("customer_id", "customers"), ("product_id", "products"), ("visit_id", "web_analytics")):
        assert pc.all(pc.is_in(orders[key], tables[table][key].combine_chunks())).as_py()
    visits = orders.join(tables["web_analytics"], "visit_id")
    assert visits["order_date"].equals(visits["visit_date"])
    assert pc.all(visits["bought"]).as_py()
    assert pc.count_distinct(orders["visit_id"]).as_py() == orders.num_rows


def test_a_value_is_its_price_times_its_quantity(tables: dict[str, pa.Table]) -> None:
    orders = tables["transactions"].slice(0, 5000).to_pylist()
    assert all(row["value"] == row["unit_price"] * row["quantity"] > 0 for row in orders)


def test_the_command_writes_the_tables_and_says_so(folder: Path, tables: dict[str, pa.Table]) -> None:
    said = run()
    assert "transactions     220,000 rows" in said
    assert "Made the sample tables in" in said
    written = {path.stem: pyarrow.parquet.read_table(path) for path in folder.iterdir()}
    assert digest(written) == digest(tables)
    assert [path.name for path in folder.parent.iterdir()] == ["sample"]


def test_the_command_leaves_alone_what_is_there_unless_forced(folder: Path) -> None:
    run()
    (folder / "mark").touch()
    assert "already" in run()
    assert (folder / "mark").exists()
    call_command("streamer_sample", force=True, stdout=StringIO())
    assert not (folder / "mark").exists()
    assert (folder / "transactions.parquet").is_file()
    assert [path.name for path in folder.parent.iterdir()] == ["sample"]
