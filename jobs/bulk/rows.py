"""Creates, updates and deletes one row of an entity for one item of a bulk. Only rows of the tenant can be meant.

A row of another tenant, whether the item's key or a foreign key names it, counts as one that does not exist.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import (
    DecimalField,
    Field,
    FloatField,
    IntegerField,
    JSONField,
    Model,
    ProtectedError,
    RestrictedError,
)

from jobs.bulk.entities import Entity
from jobs.contract.bulk import Item, Verb
from jobs.errors import ErrorCode, Fault, HandlerError, InvalidPayload, Permanent
from jobs.jsonable import has_nul, to_json

# Python's numbers take 35_20 for 3520, and digits of other scripts, which are codes here as everywhere.
_NUMBER = re.compile(r"\s*([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)?\s*", re.ASCII)


class NoSuchRow(HandlerError):
    """The row does not exist, or belongs to another tenant."""

    code = ErrorCode.NOT_FOUND


def write_row(entity: Entity, verb: Verb, item: Item, tenant_id: str) -> dict[str, Any]:
    """Write the row in the caller's transaction and return its key.

    Raises ``HandlerError`` when it cannot be written; then nothing has changed.
    """
    _refuse_unknown(entity, verb, item)
    try:
        with transaction.atomic():
            if verb == "create":
                key = _create(entity, item, tenant_id)
            else:
                row = _find(entity, item, tenant_id)
                key = getattr(row, entity.key)
                _update(entity, row, item, tenant_id) if verb == "update" else row.delete()
    except ValidationError as error:
        raise InvalidPayload(list(_faults(error))) from None
    except (ProtectedError, RestrictedError):
        raise Permanent("Other rows still refer to this one, so it cannot be deleted") from None
    except (IntegrityError, DataError):
        raise Permanent("The database refuses this row: a value is taken already, or does not fit") from None
    return {"key": to_json(key if isinstance(key, str | int) else str(key))}


def _create(entity: Entity, item: Item, tenant_id: str) -> Any:
    row = entity.model_class(**{entity.tenant_field: tenant_id})
    _assign(entity, row, item, tenant_id)
    row.full_clean()
    row.save(force_insert=True)  # never an update of a row that has the same key
    return getattr(row, entity.key)


def _update(entity: Entity, row: Model, item: Item, tenant_id: str) -> None:
    changed = {name: value for name, value in item.items() if name != entity.key}
    _assign(entity, row, changed, tenant_id)
    row.full_clean()
    if changed:
        row.save(force_update=True, update_fields=list(changed))


def _assign(entity: Entity, row: Model, values: Item, tenant_id: str) -> None:
    for name, value in values.items():
        target = entity.target_of(name)
        if target is not None and value is not None and not _is_there(target, value, tenant_id):
            raise InvalidPayload([{"path": name, "message": f"there is no such {target.name}", "type": "not_found"}])
        if target is None and not _can_be_read(entity, name, value):
            raise InvalidPayload([{"path": name, "message": "this kind of value does not fit", "type": "value_error"}])
        setattr(row, entity.field(name).attname, value)


def _can_be_read(entity: Entity, name: str, value: Any) -> bool:
    """Return False where the field does not even say that a value is wrong, as a date does of a number."""
    if _would_change(entity.field(name), value):
        return False
    try:
        entity.field(name).to_python(value)
    except ValidationError:
        return True  # the check of the row tells of all such fields at once
    except (TypeError, ValueError, ArithmeticError, AttributeError):
        return False
    return True


def _would_change(field: "Field[Any, Any]", value: Any) -> bool:
    """Return True where the field would silently take the value for another number."""
    if isinstance(value, str) and isinstance(field, DecimalField | FloatField | IntegerField):
        return _NUMBER.fullmatch(value) is None
    return isinstance(value, float) and isinstance(field, IntegerField) and not value.is_integer()


def _is_there(target: Entity, value: Any, tenant_id: str) -> bool:
    try:
        return _can_be_key(target.model_class._meta.pk, value) and target.rows(tenant_id).filter(pk=value).exists()
    except (TypeError, ValueError, ValidationError):
        return False


def _can_be_key(field: "Field[Any, Any]", value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and not _would_change(field, value)


def _find(entity: Entity, item: Item, tenant_id: str) -> Model:
    if item.get(entity.key) is None:
        text = "is required: it says which row is meant"
        raise InvalidPayload([{"path": entity.key, "message": text, "type": "missing"}])
    value = item[entity.key]
    rows = entity.rows(tenant_id).select_for_update()
    try:
        row = rows.filter(**{entity.key: value}).first() if _can_be_key(entity.field(entity.key), value) else None
    except (TypeError, ValueError, ValidationError, OverflowError):
        row = None
    if row is None:
        raise NoSuchRow(f"There is no such {entity.name}", details={entity.key: value})
    return row


def _refuse_unknown(entity: Entity, verb: Verb, item: Item) -> None:
    known = {"create": entity.fields, "update": (entity.key, *entity.fields), "delete": (entity.key,)}[verb]
    faults: list[Fault] = [
        {"path": name, "message": f"{entity.name} has no such field for '{verb}'", "type": "extra_forbidden"}
        for name in item
        if name not in known
    ]
    faults += [
        {"path": name, "message": "holds the character NUL (\\u0000), which cannot be stored", "type": "value_error"}
        for name, value in item.items()
        if name in known and has_nul(value)
    ]
    faults += [
        {"path": name, "message": "must be a single value, not a list or an object", "type": "value_error"}
        for name, value in item.items()
        if name in known and isinstance(value, dict | list) and not isinstance(entity.field(name), JSONField)
    ]
    if faults:
        raise InvalidPayload(faults)


def _faults(error: ValidationError) -> Iterator[Fault]:
    by_field: Iterable[tuple[str, list[ValidationError]]]
    by_field = error.error_dict.items() if hasattr(error, "error_dict") else [("", error.error_list)]
    for name, errors in by_field:
        path = "" if name == "__all__" else name
        for one in errors:
            yield {"path": path, "message": " ".join(map(str, one.messages)), "type": one.code or "value_error"}
