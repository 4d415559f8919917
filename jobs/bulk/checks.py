"""System checks over the entities, so that a wrong definition stops the process at start-up and not a bulk."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import FieldDoesNotExist
from django.db import DEFAULT_DB_ALIAS, router
from django.db.models import Field, FileField, ForeignKey, Model, UniqueConstraint

from jobs.bulk.entities import Entity, all_entities, parse_entity


def check_entities(**_: Any) -> list[CheckMessage]:
    """Check that every definition names a model, real fields of it, and a tenant."""
    messages: list[CheckMessage] = []
    sound = []
    for name, definition in settings.STREAMER_ENTITIES.items():
        try:
            entity = parse_entity(name, definition)
            entity.model_class  # noqa: B018
            sound.append(entity)
        except (TypeError, AttributeError, LookupError, ValueError) as error:
            hint = 'As in {"model": "shop.Customer", "fields": ["name"], "key": "id", "tenant_field": "tenant_id"}.'
            messages.append(Error(f"Entity '{name}' is not well defined: {error}", hint=hint, id="streamer.bulk.E001"))
    if not messages:
        for entity in sound:
            messages += _faults(entity)
    return messages


def _faults(entity: Entity) -> Iterator[CheckMessage]:
    missing = [name for name in (*entity.fields, entity.key, entity.tenant_field) if not _is_column(entity, name)]
    if missing:
        text = f"Entity '{entity.name}': {entity.model} has no column {', '.join(map(repr, missing))}"
        yield Error(text, id="streamer.bulk.E002")
        return
    if entity.tenant_field in (entity.key, *entity.fields):
        text = f"Entity '{entity.name}': clients could set '{entity.tenant_field}', which holds the tenant"
        yield Error(text, id="streamer.bulk.E003")
    if not _is_key(entity):
        text = f"Entity '{entity.name}': '{entity.key}' is unique neither alone nor within a tenant"
        yield Error(text, id="streamer.bulk.E004")
    for name in entity.fields:
        field = entity.field(name)
        if isinstance(field, FileField):
            yield Error(f"Entity '{entity.name}': '{name}' holds a file", id="streamer.bulk.E005")
        if isinstance(field, ForeignKey) and not _is_reference(entity, name):
            hint = "Register the model it points to, and have the key point to its primary key."
            text = f"Entity '{entity.name}': '{name}' points to rows whose tenant is not known"
            yield Error(text, hint=hint, id="streamer.bulk.E006")
        if field.unique:
            hint = f"Have it unique together with '{entity.tenant_field}'."
            text = f"Entity '{entity.name}': a tenant could learn which values of '{name}' others have"
            yield Warning(text, hint=hint, id="streamer.bulk.W001")
    if router.db_for_write(entity.model_class) != DEFAULT_DB_ALIAS:
        hint = "Rows and outcomes are written in one transaction."
        yield Error(f"Entity '{entity.name}' is in another database", hint=hint, id="streamer.bulk.E007")


def _is_column(entity: Entity, name: str) -> bool:
    try:
        field = entity.model_class._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return isinstance(field, Field) and field.concrete and not field.many_to_many


def _is_reference(entity: Entity, name: str) -> bool:
    field = entity.field(name)
    targets = [one for one in all_entities() if one.model_class is field.related_model]
    return bool(targets) and isinstance(field, ForeignKey) and field.target_field.primary_key


def _is_key(entity: Entity) -> bool:
    pair = {entity.key, entity.tenant_field}
    return entity.field(entity.key).unique or any(set(names) == pair for names in _unique_sets(entity.model_class))


def _unique_sets(model: type[Model]) -> Iterator[tuple[str, ...]]:
    for names in model._meta.unique_together:
        yield tuple(names)
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and constraint.condition is None:
            yield tuple(constraint.fields)
