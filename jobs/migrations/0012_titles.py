"""Titles and failed items of requests. The failed items of earlier bulks are counted from their slices."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery, Sum


def count_failed_items(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    slices = apps.get_model("jobs", "BulkSlice").objects.filter(failed__gt=0)
    failed = slices.filter(request=OuterRef("id")).order_by().values("request").annotate(items=Sum("failed"))
    requests = apps.get_model("jobs", "AsyncRequest").objects.filter(
        status="completed", id__in=slices.order_by().values("request")
    )
    requests.update(failed_items=Subquery(failed.values("items")))


class Migration(migrations.Migration):
    dependencies = [("jobs", "0011_status_labels")]

    operations = [
        # The database knows the defaults, so no row is written anew and processes of before can go on inserting.
        migrations.AddField(
            model_name="asyncrequest",
            name="title",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="It tells requests apart. Empty: an old one.",
                max_length=120,
            ),
        ),
        migrations.AddField(
            model_name="asyncrequest",
            name="failed_items",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="Items that could not be done, of one that completed."
            ),
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False), ("failed_items__gt", 0)),
                fields=["-created_at", "-id"],
                name="ended_with_failures",
            ),
        ),
        migrations.RunPython(count_failed_items, migrations.RunPython.noop),
    ]
