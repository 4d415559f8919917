"""The indexes of the table of requests, and the queries that need each of them.

On PostgreSQL each progress writes an entry in every index that holds the row. So the queries of the history have
indexes of finished rows, which are written once, and those of what goes on have indexes of live rows, which stay small.
A query must state the condition of such an index without a parameter, or SQLite cannot use it: ``finished_at__isnull``
is such a condition, and a status is not.
"""

from django.db.models import Index, Q

_WAITING = Q(status__in=("pending", "retrying"))
_LIVE = Q(finished_at__isnull=True)
_ENDED = Q(finished_at__isnull=False)
_HISTORY = _ENDED & Q(parent__isnull=True)
_NEWEST = ("-created_at", "-id")

REQUEST_INDEXES = [
    # Claims, rings, lengths of queues. SQLite uses it only where a query spells its condition out, as
    # ``jobs.columns.is_waiting`` does.
    Index(fields=["queue", "tenant_id", "order_at"], condition=_WAITING, name="waiting_by_tenant"),
    # How many more a user may have waiting. As above.
    Index(fields=["tenant_id", "user_id"], condition=_WAITING & Q(parent__isnull=True), name="waiting_by_user"),
    # Leases: the sweeper, and what a worker holds.
    Index(fields=["status", "lease_until"], name="running_requests"),
    # What goes on of a user: its page and its feed.
    Index(fields=["tenant_id", "user_id", *_NEWEST], condition=_LIVE, name="live_requests_of_user"),
    # The check of all feeds for changes that were not sent.
    Index(fields=["changed_at"], name="changed_requests"),
    # The admin's list: of all or of some days, of a user, of a tenant, of a final status, of an action.
    Index(fields=_NEWEST, name="newest_requests"),
    Index(fields=["user_id", *_NEWEST], name="requests_by_user"),
    Index(fields=["tenant_id", *_NEWEST], name="requests_by_tenant"),
    Index(fields=["status", *_NEWEST], condition=_ENDED, name="ended_by_status"),
    # The admin's list of those that completed with failures, which are few.
    Index(fields=_NEWEST, condition=_ENDED & Q(failed_items__gt=0), name="ended_with_failures"),
    # Not of live rows too: SQLite would take it to find the few live rows of an action among all.
    Index(fields=["action", *_NEWEST], condition=_ENDED, name="ended_by_action"),
    # A user's page, also by action. It is read once for each final status, and the parts are merged.
    Index(fields=["tenant_id", "user_id", "status", *_NEWEST], condition=_HISTORY, name="history_of_user"),
    Index(fields=["tenant_id", "user_id", "action", "status", *_NEWEST], condition=_HISTORY, name="history_of_action"),
    # A user's feed after a pause.
    Index(fields=["tenant_id", "user_id", "-changed_at", "-id"], condition=_HISTORY, name="changed_history"),
    # Retention, the latest runs, the doctor's sample.
    Index(fields=["finished_at", "id"], condition=_ENDED, name="finished_requests"),
    # Retention that begins anew with the end of the last file.
    Index(
        fields=["files_expired_at", "id"], condition=Q(files_expired_at__isnull=False), name="requests_without_files"
    ),
    # Durations learned from the latest runs.
    Index(fields=["action", "status", "finished_at"], condition=_ENDED, name="runs_of_action"),
    # Few rows have these: a result that may be given again, a parent.
    Index(fields=["cache_key", "finished_at"], condition=Q(cache_key__isnull=False), name="kept_results"),
    Index(fields=["parent"], condition=Q(parent__isnull=False), name="children_of_request"),
    # What ends with its connection.
    Index(fields=["connection_id"], condition=_LIVE & Q(cancel_on_disconnect=True), name="requests_on_disconnect"),
]
