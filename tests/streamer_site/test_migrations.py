"""Migrations are forward-compatible: processes of the release before go on with the tables of this one.

"Expand, then contract" (docs/how-to/upgrade.md). A release only adds, in a way that the code before it need not know.
What nothing uses any more is removed by a later release. ``CONTRACTS`` names it, and the release that ended its use.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest
from django.apps import apps as global_apps
from django.apps.registry import Apps
from django.contrib.auth.models import User
from django.db import connection, models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from jobs.models import AsyncRequest, RequestTag
from jobs.requests.reads import Wanted, list_page, owned_by

APPS = ("jobs", "realtime")
CONTRACTS: dict[tuple[str, str], str] = {}
"""(App, migration) → the release whose code was the last that needed what this migration removes."""
_NEVER_DISTURBS = (
    *(operations.CreateModel, operations.AddIndex, operations.RemoveIndex, operations.RunPython),
    *(operations.AlterModelOptions, operations.AlterModelManagers, operations.RenameIndex),
)
_CONSTRAINTS_THAT_STOOD_BEFORE = {"one_request_per_client_id"}
"""They are made anew with their columns in another order."""
_MOMENT = datetime(2026, 1, 31, 12, tzinfo=UTC)
_VALUES: dict[str, Any] = {
    **dict.fromkeys(("CharField", "TextField"), "x"),
    **dict.fromkeys(("IntegerField", "BigIntegerField", "PositiveIntegerField", "PositiveBigIntegerField"), 1),
    **dict.fromkeys(("JSONField",), {}),
    **{"FloatField": 1.0, "BooleanField": False, "DateTimeField": _MOMENT, "DateField": date(2026, 1, 31)},
}


@cache
def loader() -> MigrationLoader:
    return MigrationLoader(None)


def all_migrations() -> list[Migration]:
    graph = loader().graph
    names = [key for app in APPS for key in graph.forwards_plan(graph.leaf_nodes(app)[0]) if key[0] == app]
    return [graph.nodes[key] for key in names]


def later_migrations() -> list[Migration]:
    """List all but the first of each app, before which there was no release."""
    return [one for one in all_migrations() if not one.initial and not one.name.startswith("0001_")]


def state_before(one: Migration) -> ProjectState:
    return loader().project_state((one.app_label, one.name), at_end=False)


def faults(one: Migration) -> Iterator[str]:
    state = state_before(one)
    for operation in one.operations:
        yield from _faults_of(operation, state, one.app_label)


def _faults_of(operation: Operation, state: ProjectState, app: str) -> Iterator[str]:
    if isinstance(operation, operations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from _faults_of(inner, state, app)
    elif isinstance(operation, operations.AddField):
        if not (operation.field.null or operation.field.has_db_default()):
            yield f"{operation.name} takes no row of the code before: it needs null=True or a db_default"
    elif isinstance(operation, operations.AlterField):
        before = state.models[app, operation.model_name_lower].fields[operation.name]
        if _narrows(before, operation.field):
            yield f"{operation.name} takes less than before"
    elif isinstance(operation, operations.AddConstraint):
        if operation.constraint.name not in _CONSTRAINTS_THAT_STOOD_BEFORE:
            yield f"the code before does not know of the constraint {operation.constraint.name}"
    elif isinstance(operation, operations.RemoveConstraint):
        if operation.name not in _CONSTRAINTS_THAT_STOOD_BEFORE:
            yield f"the code before may count on the constraint {operation.name}"
    elif not isinstance(operation, _NEVER_DISTURBS):
        yield f"{operation.describe()} is for a later release"


def _narrows(before: "models.Field[Any, Any]", after: "models.Field[Any, Any]") -> bool:
    shorter = (after.max_length or 0) < (before.max_length or 0)
    return type(before) is not type(after) or shorter or (before.null and not after.null)


def foreign_keys_to_older_tables(one: Migration) -> Iterator[str]:
    """Name the foreign keys of new tables that keep the code before from deleting rows of tables that it knows."""
    created = {made.name.lower() for made in one.operations if isinstance(made, operations.CreateModel)}
    for made in one.operations:
        if isinstance(made, operations.CreateModel):
            for name, field in made.fields:
                if isinstance(field, models.ForeignKey) and field.db_constraint:
                    target = str(field.remote_field.model).rpartition(".")[2].lower()
                    if target not in created:
                        yield f"{made.name}.{name}"


def changed_models(one: Migration) -> set[str]:
    return {added.model_name_lower for added in one.operations if isinstance(added, operations.AddField)}


def row_values(model: type[models.Model], apps: Apps, number: int) -> dict[str, Any]:
    """Return the values that the code of that time gives: its own defaults, and something where it has none."""
    values = {}
    for field in model._meta.local_fields:
        if isinstance(field, models.AutoField) or field.has_default() or field.null:
            continue
        if field.remote_field:
            values[field.attname] = _parent_of(field, apps, number)
        elif isinstance(field, models.UUIDField):
            values[field.attname] = uuid.uuid4()
        else:
            value = _VALUES[field.get_internal_type()]
            values[field.attname] = f"x{number}"[: field.max_length] if value == "x" else value
    return values


def _parent_of(field: "models.Field[Any, Any]", apps: Apps, number: int) -> Any:
    target = field.remote_field.model
    if target._meta.app_label == "auth":
        return User.objects.create(username=f"before-{number}-{uuid.uuid4().hex[:8]}").pk
    return target._default_manager.create(**row_values(target, apps, number)).pk


# --- the rule --------------------------------------------------------------------------------------------------------


def test_it_works() -> None:
    assert {"0012_titles", "0009_drained_processes"} <= {one.name for one in later_migrations()}


@pytest.mark.django_db
@pytest.mark.parametrize("one", later_migrations(), ids=str)
def test_a_migration_only_adds_what_the_code_before_need_not_know(one: Migration) -> None:
    if (one.app_label, one.name) not in CONTRACTS:
        assert list(faults(one)) == []


@pytest.mark.django_db
@pytest.mark.parametrize("one", later_migrations(), ids=str)
def test_no_new_table_holds_rows_of_an_older_one(one: Migration) -> None:
    """The code before deletes rows of its own tables. It cannot delete what it does not know refers to them."""
    assert list(foreign_keys_to_older_tables(one)) == []


@pytest.mark.django_db
@pytest.mark.parametrize("one", [one for one in later_migrations() if changed_models(one)], ids=str)
def test_rows_of_the_code_before_are_taken_and_can_be_deleted(one: Migration) -> None:
    """The model of before a migration inserts with the columns that it knows, into the tables of today."""
    apps = state_before(one).apps
    for number, name in enumerate(sorted(changed_models(one))):
        model = apps.get_model(one.app_label, name)
        row = model._default_manager.create(**row_values(model, apps, number))
        assert global_apps.get_model(one.app_label, name)._default_manager.get(pk=row.pk)
        row.delete()
    connection.check_constraints()


@pytest.mark.django_db
def test_the_code_before_tags_deletes_a_request_that_has_some() -> None:
    row = AsyncRequest.objects.create(tenant_id="acme", user_id="alice", action="echo", queue="default", tags=["q3"])
    RequestTag.objects.create(request=row, tag="q3", tenant_id="acme", user_id="alice", created_at=_MOMENT)
    before = next(one for one in later_migrations() if one.name == "0010_request_tags")
    state_before(before).apps.get_model("jobs", "asyncrequest")._default_manager.get(pk=row.pk).delete()
    connection.check_constraints()
    assert list(list_page(owned_by("acme", "alice"), Wanted(tag="q3"))[0]) == []


# --- the tests can fail ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "operation",
    [
        operations.AddField("asyncrequest", "colour", models.CharField(max_length=8, default="")),
        operations.RemoveField("asyncrequest", "title"),
        operations.RenameField("asyncrequest", "title", "name"),
        operations.DeleteModel("RequestTag"),
        operations.RenameModel("RequestTag", "Tag"),
        operations.AlterField("asyncrequest", "title", models.CharField(max_length=60, default="")),
        operations.AlterField("asyncrequest", "tags", models.JSONField(default=list)),
        operations.AddConstraint(
            "asyncrequest", models.CheckConstraint(condition=models.Q(priority__lt=9), name="low_priority")
        ),
        operations.RunSQL("DROP TABLE jobs_requesttag"),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_what_the_code_before_would_stumble_over_is_found(operation: Operation) -> None:
    last = [one for one in all_migrations() if one.app_label == "jobs"][-1]
    state = loader().project_state((last.app_label, last.name))
    assert list(_faults_of(operation, state, "jobs"))
