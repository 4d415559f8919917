from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from jobs.data.datasets.adding import add_dataset
from jobs.data.datasets.ingest.conversion import ingest
from jobs.management.commands import streamer_dataset
from jobs.models import Dataset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
    settings.STREAMER_SCRATCH_DIR = tmp_path / "scratch"

    def add_here(*args: Any, **kwargs: Any) -> Dataset:
        return add_dataset(*args, **kwargs, ingest=ingest)

    monkeypatch.setattr(streamer_dataset, "add_dataset", add_here)


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    path = tmp_path / "Sales.csv"
    path.write_text("region;[red]amount\nnorth;1\n;2\n")
    return path


def run(*words: Any, tenant: str = "acme") -> str:
    output = StringIO()
    call_command("streamer_dataset", *map(str, words), "--tenant", tenant, stdout=output)
    return output.getvalue()


def test_it_works(sales: Path) -> None:
    added = run("add", sales, "--name", "north-south", "--user", "alice", "--days", "0")
    assert "north-south" in added and "2 rows" in added and "bigint" in added and "[red]amount" in added
    assert "north-south" in run("list") and "1 dataset," in run("list") and "0 datasets," in run("list", tenant="other")
    assert run("describe", "north-south") == added
    assert run("delete", "north-south") == "Dataset 'north-south' is deleted\n"
    assert not Dataset.objects.exists()


def test_the_file_itself_stays(sales: Path) -> None:
    before = sales.read_bytes()
    run("add", sales)
    assert sales.read_bytes() == before and {path.name for path in sales.parent.iterdir()} <= {
        "Sales.csv",
        "scratch",
        "files",
    }


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["describe", "nothing"], "Tenant 'acme' has no dataset 'nothing'"),
        (["delete", "nothing"], "Tenant 'acme' has no dataset 'nothing'"),
        (["add", "/no/such/file"], "There is no file /no/such/file"),
        (["add", "SALES", "--name", "A B"], "A name has lower-case letters"),
        (["add", "SALES", "--sheet", "x"], "Only workbooks have sheets"),
        (["add", "SALES", "--days", "-1"], "expires_in_days"),
    ],
)
def test_what_cannot_be_is_said(words: list[str], text: str, sales: Path) -> None:
    with pytest.raises(CommandError, match=text):
        run(*[str(sales) if word == "SALES" else word for word in words])


def test_nobody_elses_is_deleted(sales: Path) -> None:
    run("add", sales)
    with pytest.raises(CommandError):
        run("delete", "sales", tenant="other")
    assert Dataset.objects.count() == 1
