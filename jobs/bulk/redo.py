"""Takes over what an earlier bulk has done, when a request does that one again and it ended before all was done.

The rows are copied inside the database: there may be 100,000 outcomes.
"""

import uuid

from django.db import connection, transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from jobs.bulk.slices import Holder
from jobs.errors import AttemptLost, ErrorCode
from jobs.models import FINAL, AsyncRequest, BulkOutcome, BulkSlice, Status
from jobs.usage.stored import add_stored, check_room

_COPIED = ("number", "first", "size", "items", "done", "failed", "is_done", "stored_bytes")


def carry_over(holder: Holder, origin_id: uuid.UUID, *, stops: bool) -> bool:
    """Give the holder's request the items and outcomes of ``origin_id``: all of them or none.

    Return False when that one is gone, has not begun, or has done all its items. Raises ``AttemptLost``. ``stops``:
    the item that failed is done again. Raises ``TenantFull`` when the tenant has no room.
    """
    check_room(holder.tenant_id)
    with transaction.atomic():
        # An UPDATE and no SELECT, so that it also waits for a transaction that takes the request away.
        if not holder.rows.update(lease_until=F("lease_until")):
            raise AttemptLost
        if not _ended_early(origin_id, holder.request_id):
            return False
        _copy_slices(origin_id, holder.request_id)
        _copy_outcomes(origin_id, holder.request_id)
        _reopen(holder.request_id, stops=stops)
        stored = BulkSlice.objects.filter(request_id=holder.request_id).aggregate(total=Sum("stored_bytes"))
        add_stored({holder.tenant_id: stored["total"] or 0})
    return True


def _ended_early(origin_id: uuid.UUID, request_id: uuid.UUID) -> bool:
    own = AsyncRequest.objects.values("tenant_id", "user_id", "action").get(id=request_id)
    origin = AsyncRequest.objects.only("status").filter(id=origin_id, status__in=FINAL, **own).first()
    slices = BulkSlice.objects.filter(request_id=origin_id)
    if origin is None or not slices.exists():
        return False
    return origin.status != Status.COMPLETED or slices.filter(is_done=False).exists()


def _copy_slices(origin_id: uuid.UUID, request_id: uuid.UUID) -> None:
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    table, copied = _quoted(BulkSlice._meta.db_table), _quoted(*_COPIED)
    columns = _quoted("request_id", "takes", "keys_of", "created_at")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}, {copied}) "
            f"SELECT %s, 0, COALESCE({_quoted('keys_of')}, {_quoted('request_id')}), %s, {copied} "
            f"FROM {table} WHERE {_quoted('request_id')} = %s",
            [_stored(request_id), now, _stored(origin_id)],
        )


def _copy_outcomes(origin_id: uuid.UUID, request_id: uuid.UUID) -> None:
    """Copy the outcomes of the items that the copied slices count as done."""
    outcomes, slices = _quoted(BulkOutcome._meta.db_table), _quoted(BulkSlice._meta.db_table)
    index, first, done = f"o.{_quoted('index')}", f"s.{_quoted('first')}", f"s.{_quoted('done')}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {outcomes} ({_quoted('request_id', 'index', 'result', 'error')}) "
            f"SELECT %s, {index}, o.{_quoted('result')}, o.{_quoted('error')} FROM {outcomes} o JOIN {slices} s "
            f"ON {index} >= {first} AND {index} < {first} + {done} "
            f"WHERE o.{_quoted('request_id')} = %s AND s.{_quoted('request_id')} = %s",
            [_stored(request_id), _stored(origin_id), _stored(request_id)],
        )


def _reopen(request_id: uuid.UUID, *, stops: bool) -> None:
    """Leave items that were cut short to be done again. Such an item is the last one done of its slice."""
    again = Q(error__isnull=False) if stops else Q(error__code=ErrorCode.CANCELLED.value)
    for outcome in BulkOutcome.objects.filter(again, request_id=request_id).defer("result"):
        rows = BulkSlice.objects.filter(request_id=request_id, first=outcome.index + 1 - F("done"))
        if rows.update(done=F("done") - 1, failed=F("failed") - 1, is_done=False):
            outcome.delete()


def _quoted(*names: str) -> str:
    return ", ".join(map(connection.ops.quote_name, names))


def _stored(value: uuid.UUID) -> str | uuid.UUID:
    """Return the id as the database keeps it."""
    prepared: str | uuid.UUID = AsyncRequest._meta.pk.get_db_prep_value(value, connection)
    return prepared
