"""Entities: Django models whose rows clients may create, update and delete, registered in ``STREAMER_ENTITIES``.

Definitions are the operator's. Every row belongs to a tenant, by the column ``tenant_field``, which no client can name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Field, ForeignKey, Model, QuerySet

from jobs.contract.bulk import Verb


@dataclass(frozen=True, kw_only=True)
class Entity:
    """One registered model."""

    name: str
    model: str
    """The model's name, as in ``shop.Customer``."""
    fields: tuple[str, ...]
    """The fields that clients may set."""
    tenant_field: str
    """The field that holds the tenant."""
    key: str = "id"
    """The field by which clients name a row; unique, at least within a tenant."""

    @property
    def model_class(self) -> type[Model]:
        return apps.get_model(self.model)

    def field(self, name: str) -> "Field[Any, Any]":
        found = self.model_class._meta.get_field(name)
        assert isinstance(found, Field)
        return found

    def rows(self, tenant_id: str) -> QuerySet[Model]:
        """Return the rows of one tenant."""
        return self.model_class._default_manager.filter(**{self.tenant_field: tenant_id})

    def target_of(self, name: str) -> "Entity | None":
        """Return the entity that a foreign key points to; None for any other field."""
        field = self.field(name)
        if not isinstance(field, ForeignKey):
            return None
        return next((one for one in all_entities() if one.model_class is field.related_model), None)


def entity_names() -> list[str]:
    return sorted(settings.STREAMER_ENTITIES)


def all_entities() -> list[Entity]:
    return [parse_entity(name, definition) for name, definition in settings.STREAMER_ENTITIES.items()]


def find_entity(name: str) -> Entity | None:
    definition = settings.STREAMER_ENTITIES.get(name)
    return None if definition is None else parse_entity(name, definition)


def parse_entity(name: str, definition: Mapping[str, Any]) -> Entity:
    """Read a definition. Raises ``TypeError`` when it lacks a field or has an unknown one."""
    return Entity(name=name, **{**definition, "fields": tuple(definition.get("fields", ()))})


def permission_for(entity: str, verb: Verb) -> str:
    """Return the permission that a token needs for the operation."""
    return f"entities.{entity}.{verb}"
