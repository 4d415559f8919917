"""``manage.py streamer_dataset``: the datasets of a tenant, from the command line."""

from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from jobs.data.datasets.adding import Wish, add_dataset, scratch_folder
from jobs.data.datasets.failures import DatasetError
from jobs.data.datasets.ingest.ingest_process import IngestFailed
from jobs.data.datasets.store import delete_dataset, find_dataset, list_datasets, used_bytes
from jobs.formatting import format_bytes, format_counted
from jobs.management.explaining import add_verb, explain
from jobs.models import Dataset
from jobs.operations.audit import record
from jobs.usage.quotas import QuotaUsedUp
from jobs.usage.stored import TenantFull

_MAX_LISTED = 1_000
_WIDE = 160
_SHOWN_VALUES = 8


class Command(BaseCommand):
    help = "Add, list, describe or delete the datasets of a tenant: tables that handlers read."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, title="what to do", metavar="VERB")
        add = add_verb(
            verbs, "add", "store a file as a dataset: CSV, TSV, JSON Lines, Parquet, Excel; texts also with gzip"
        )
        add.add_argument("path", type=Path, metavar="FILE", help="the file to read")
        _add_wishes(add)
        listing = add_verb(verbs, "list", "list the datasets of a tenant, the newest first")
        describe = add_verb(verbs, "describe", "show size, columns, types and first values of a dataset")
        delete = add_verb(verbs, "delete", "delete a dataset with its file, at once and for good")
        for verb in (describe, delete):
            verb.add_argument("dataset", metavar="NAME", help="name or id of the dataset")
        for verb in (add, listing, describe, delete):
            verb.add_argument("--tenant", required=True, help="tenant that owns the dataset (required)")
        explain(
            parser,
            examples={
                "streamer_dataset add sales.csv --tenant acme --name sales": "Store a file as the dataset 'sales'."
            },
        )

    def handle(self, *, verb: str, tenant: str, **options: Any) -> None:
        # In a file or a pipe nothing is cut off to fit a screen.
        width = None if self.stdout.isatty() else _WIDE
        console = Console(file=cast(IO[str], self.stdout), highlight=False, width=width)
        if verb == "add":
            added = self._add(tenant, options)
            record("add dataset", added.name, f"to tenant {tenant}")
            _describe(added, console)
        elif verb == "list":
            _list(tenant, console)
        elif verb == "describe":
            row = find_dataset(tenant, options["dataset"])
            if row is None:
                raise CommandError(f"Tenant '{tenant}' has no dataset '{options['dataset']}'")
            _describe(row, console)
        elif delete_dataset(tenant, options["dataset"]):
            record("delete dataset", options["dataset"], f"of tenant {tenant}")
            self.stdout.write(f"Dataset '{options['dataset']}' is deleted")
        else:
            raise CommandError(f"Tenant '{tenant}' has no dataset '{options['dataset']}'")

    def _add(self, tenant: str, options: dict[str, Any]) -> Dataset:
        path: Path = options["path"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}")
        try:
            days = options["days"]
            wish = Wish(name=options["name"], sheet=options["sheet"], header=options["header"], expires_in_days=days)
            with scratch_folder() as folder:
                return add_dataset(
                    path.resolve(),
                    Path(folder),
                    tenant_id=tenant,
                    user_id=options["user"],
                    filename=path.name,
                    wish=wish,
                )
        except (DatasetError, TenantFull, QuotaUsedUp, IngestFailed, OSError) as error:
            raise CommandError(str(error)) from None


def _add_wishes(parser: CommandParser) -> None:
    days = f"{settings.STREAMER_DATASET_DAYS:g}"
    parser.add_argument("--user", default="operator", help="user to record as the uploader (default: operator)")
    parser.add_argument("--name", help="name of the dataset, which payloads use (default: made from the file's name)")
    parser.add_argument("--sheet", help="sheet of an Excel workbook to read (default: the first visible one)")
    parser.add_argument(
        "--days", type=float, help=f"days until it is deleted; 0: never (default: STREAMER_DATASET_DAYS, now {days})"
    )
    header = parser.add_mutually_exclusive_group()
    header.add_argument(
        "--header", action="store_true", default=None, help="the first line names the columns (default: detected)"
    )
    header.add_argument("--no-header", action="store_false", dest="header", help="the first line is data already")


def _list(tenant: str, console: Console) -> None:
    rows, _ = list_datasets(tenant, limit=_MAX_LISTED)
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("name", "rows", "columns", "stored", "format", "user", "created", "expires"):
        table.add_column(title, justify="right" if title in ("rows", "columns", "stored") else "left", no_wrap=True)
    for row in rows:
        table.add_row(
            escape(row.name),
            f"{row.rows:,}",
            f"{len(row.columns):,}",
            format_bytes(row.size_bytes),
            row.format,
            escape(row.user_id),
            f"{timezone.localtime(row.created_at):%Y-%m-%d %H:%M}",
            _expiry(row),
        )
    if rows:
        console.print(table)
    used, quota = format_bytes(used_bytes(tenant)), format_bytes(settings.STREAMER_DATASET_QUOTA_BYTES)
    console.print(f"[dim]{format_counted(len(rows), 'dataset')}, {used} of {quota}[/]")


def _describe(row: Dataset, console: Console) -> None:
    console.print(f"[bold]{escape(row.name)}[/]  [dim]{row.id}[/]")
    kept = f"kept until {_expiry(row)}" if row.expires_at else "kept until somebody deletes it"
    sizes = f"{format_bytes(row.uploaded_bytes)} as {row.format}, {format_bytes(row.size_bytes)} stored"
    console.print(f"{format_counted(row.rows, 'row')}, {sizes}, from {escape(row.filename)}; {kept}")
    for note in row.notes:
        console.print(f"[yellow]{escape(note)}[/]")
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("column")
    table.add_column("type")
    table.add_column("empty", justify="right")
    table.add_column("first values", no_wrap=True, overflow="ellipsis")
    for column in row.columns:
        values = [str(line[column["name"]]) for line in row.sample[:_SHOWN_VALUES] if line[column["name"]] is not None]
        shown = escape(", ".join(values)[:60])
        table.add_row(escape(column["name"]), column["type"].lower(), f"{column.get('nulls', 0):,}", f"[dim]{shown}[/]")
    console.print(table)


def _expiry(row: Dataset) -> str:
    return f"{timezone.localtime(row.expires_at):%Y-%m-%d}" if row.expires_at else "never"
