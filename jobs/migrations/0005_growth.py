"""Indexes with which no query of a growing history costs more. ``jobs.models.request_indexes`` says what each is for.

The indexes of three foreign keys go, because a unique constraint begins with the same column.
"""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

FOREIGN_KEYS = {
    "AsyncRequest": "parent_id",
    "BulkOutcome": "request_id",
    "BulkSlice": "request_id",
    "RequestEvent": "request_id",
}


def drop_indexes_of_foreign_keys(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    for model, column in FOREIGN_KEYS.items():
        table = apps.get_model("jobs", model)._meta.db_table
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, table)
        for name, facts in constraints.items():
            if facts["index"] and not facts["unique"] and facts["columns"] == [column]:
                schema_editor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")


class Migration(migrations.Migration):
    dependencies = [("jobs", "0004_waiting_rows")]

    operations = [
        migrations.RemoveConstraint(
            model_name="asyncrequest",
            name="one_request_per_client_id",
        ),
        migrations.RemoveIndex(
            model_name="asyncrequest",
            name="requests_of_user",
        ),
        migrations.RemoveIndex(
            model_name="asyncrequest",
            name="newest_requests",
        ),
        migrations.RemoveIndex(
            model_name="asyncrequest",
            name="finished_requests",
        ),
        migrations.RemoveIndex(
            model_name="asyncrequest",
            name="runs_of_action",
        ),
        migrations.RemoveIndex(
            model_name="asyncrequest",
            name="kept_results",
        ),
        migrations.SeparateDatabaseAndState(
            # Not by AlterField: SQLite would copy whole tables to lose an index.
            database_operations=[migrations.RunPython(drop_indexes_of_foreign_keys, migrations.RunPython.noop)],
            state_operations=[
                migrations.AlterField(
                    model_name="asyncrequest",
                    name="parent",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        help_text="The request whose work it shares. Clients see only that one.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="children",
                        to="jobs.asyncrequest",
                    ),
                ),
                migrations.AlterField(
                    model_name="bulkoutcome",
                    name="request",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outcomes",
                        to="jobs.asyncrequest",
                    ),
                ),
                migrations.AlterField(
                    model_name="bulkslice",
                    name="request",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="slices",
                        to="jobs.asyncrequest",
                    ),
                ),
                migrations.AlterField(
                    model_name="requestevent",
                    name="request",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="jobs.asyncrequest",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", True)),
                fields=["tenant_id", "user_id", "-created_at", "-id"],
                name="live_requests_of_user",
            ),
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(fields=["-created_at", "-id"], name="newest_requests"),
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(fields=["user_id", "-created_at", "-id"], name="requests_by_user"),
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(fields=["tenant_id", "-created_at", "-id"], name="requests_by_tenant"),
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)),
                fields=["action", "-created_at", "-id"],
                name="ended_by_action",
            ),
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)),
                fields=["status", "-created_at", "-id"],
                name="ended_by_status",
            ),
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False), ("parent__isnull", True)),
                fields=["tenant_id", "user_id", "status", "-created_at", "-id"],
                name="history_of_user",
            ),
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False), ("parent__isnull", True)),
                fields=["tenant_id", "user_id", "action", "status", "-created_at", "-id"],
                name="history_of_action",
            ),
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False), ("parent__isnull", True)),
                fields=["tenant_id", "user_id", "-changed_at", "-id"],
                name="changed_history",
            ),
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)),
                fields=["finished_at", "id"],
                name="finished_requests",
            ),
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(
                condition=models.Q(("files_expired_at__isnull", False)),
                fields=["files_expired_at", "id"],
                name="requests_without_files",
            ),
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)),
                fields=["action", "status", "finished_at"],
                name="runs_of_action",
            ),
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(
                condition=models.Q(("cache_key__isnull", False)),
                fields=["cache_key", "finished_at"],
                name="kept_results",
            ),
        ),
        migrations.AddIndex(
            model_name="asyncrequest",
            index=models.Index(
                condition=models.Q(("parent__isnull", False)), fields=["parent"], name="children_of_request"
            ),
        ),
        migrations.AddConstraint(
            model_name="asyncrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("client_id__isnull", False)),
                fields=("client_id", "tenant_id", "user_id"),
                name="one_request_per_client_id",
            ),
        ),
        migrations.AddIndex(
            model_name="artifact",
            index=models.Index(fields=["user_id", "-created_at", "-id"], name="artifacts_by_user"),
        ),
        migrations.AddIndex(
            model_name="artifact",
            index=models.Index(fields=["tenant_id", "-created_at", "-id"], name="artifacts_by_tenant"),
        ),
        migrations.AddIndex(
            model_name="artifact",
            index=models.Index(fields=["filename"], name="artifacts_by_name"),
        ),
        migrations.AddIndex(
            model_name="artifact",
            index=models.Index(fields=["sha256"], name="artifacts_by_content"),
        ),
    ]
