"""The tables about requests: rows, numbered events, bulk items; paused actions.

Rows of requests change only through conditional UPDATEs (``jobs.log.events``, ``jobs.queue.claims``), never through
``save()``.
"""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from jobs.formatting import STATUS_LABELS
from jobs.models.request_indexes import REQUEST_INDEXES


class Status(models.TextChoices):
    PENDING = "pending", STATUS_LABELS["pending"]
    PROCESSING = "processing", STATUS_LABELS["processing"]
    RETRYING = "retrying", STATUS_LABELS["retrying"]
    COMPLETED = "completed", STATUS_LABELS["completed"]
    FAILED = "failed", STATUS_LABELS["failed"]
    CANCELLED = "cancelled", STATUS_LABELS["cancelled"]


WAITING = (Status.PENDING, Status.RETRYING)
LIVE = (*WAITING, Status.PROCESSING)
FINAL = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)
RECEIPTED = (Status.FAILED, Status.CANCELLED)
"""The statuses in which ``result`` holds the receipt, if there is one."""


class AsyncRequest(models.Model):
    """The unit of work a client asked for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant_id = models.CharField(max_length=128)
    user_id = models.CharField(max_length=150)
    client_id = models.CharField(max_length=128, null=True, blank=True, help_text="The client's idempotency key.")
    parent = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="children",
        db_index=False,
        help_text="The request whose work it shares. Clients see only that one.",
    )
    connection_id = models.UUIDField(null=True, blank=True, db_index=True, help_text="The connection it came over.")
    action = models.CharField(max_length=64)
    title = models.CharField(
        max_length=120, blank=True, default="", db_default="", help_text="It tells requests apart. Empty: an old one."
    )
    queue = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    metadata = models.JSONField(default=dict, help_text="The client's own notes, given back as they came.")
    tags = models.JSONField(null=True, blank=True, help_text="Texts by which its user finds it. None: there are none.")
    priority = models.PositiveIntegerField(default=0, help_text="Seconds of head start in the queue.")
    estimated_seconds = models.FloatField(default=0)
    limit_key = models.CharField(
        max_length=64, null=True, blank=True, help_text="What its handler's limits count by. None: no limit holds."
    )
    cancel_on_disconnect = models.BooleanField(default=False, db_default=False, help_text="With its connection.")

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempt = models.PositiveIntegerField(default=0)
    attempt_token = models.UUIDField(null=True, blank=True)
    errors_count = models.PositiveIntegerField(default=0, help_text="Attempts that ended with an error.")
    lost_count = models.PositiveIntegerField(default=0, help_text="Attempts whose worker was lost.")
    lost_in_a_row = models.PositiveIntegerField(
        default=0, db_default=0, help_text="The last of them, without progress between them."
    )
    lost_place = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="A digest of how far the last lost one had come.",
    )
    worker = models.CharField(max_length=128, blank=True)
    percentage = models.FloatField(default=0)
    message = models.TextField(blank=True)
    last_seq = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True, blank=True)
    failed_items = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Items that could not be done, of one that completed."
    )
    error = models.JSONField(null=True, blank=True)
    resume_state = models.JSONField(null=True, blank=True, help_text="The last checkpoint, for the next attempt.")
    ending = models.JSONField(null=True, blank=True, help_text="How it ends once a worker has made its receipt.")
    ending_until = models.DateTimeField(null=True, blank=True, help_text="It ends without a receipt after.")
    trace = models.CharField(
        max_length=55,
        null=True,
        blank=True,
        editable=False,
        help_text="The span that it was submitted in, as a traceparent.",
    )
    redo_of = models.UUIDField(null=True, blank=True, editable=False, help_text="The request that it does again.")
    cache_key = models.CharField(
        max_length=64, null=True, blank=True, help_text="What its result may be given again for."
    )
    cached_from = models.UUIDField(null=True, blank=True, help_text="The earlier request whose result this is.")
    computed_at = models.DateTimeField(null=True, blank=True, help_text="When that one had come to its result.")
    stored_bytes = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text="Of its payload, metadata and results."
    )

    created_at = models.DateTimeField(default=timezone.now)
    order_at = models.DateTimeField(default=timezone.now, help_text="created_at less the priority.")
    available_at = models.DateTimeField(default=timezone.now, help_text="Not claimed before.")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Not started after.")
    started_at = models.DateTimeField(null=True, blank=True)
    attempt_started_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    files_expired_at = models.DateTimeField(null=True, blank=True, help_text="When the last of its files was deleted.")
    changed_at = models.DateTimeField(default=timezone.now, help_text="When what clients see of it changed last.")

    class Meta:
        verbose_name = "request"
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            # The client id comes first, so that operators find it without its owner.
            models.UniqueConstraint(
                fields=["client_id", "tenant_id", "user_id"],
                condition=models.Q(client_id__isnull=False),
                name="one_request_per_client_id",
            )
        ]
        indexes: ClassVar = REQUEST_INDEXES

    def __str__(self) -> str:
        return f"{self.name} {str(self.id)[:8]}"

    @property
    def name(self) -> str:
        """Return what people call it: its title, or the action of an old one that has none."""
        return self.title or self.action

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


class RequestEvent(models.Model):
    """One numbered fact about a request. Written by ``jobs.log.events`` alone.

    The constraint's index finds the events of a request, so the foreign key has none of its own: one write less each.
    """

    request = models.ForeignKey(AsyncRequest, on_delete=models.CASCADE, related_name="events", db_index=False)
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=16)
    data = models.JSONField(default=dict)
    attempt = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "event"
        ordering: ClassVar = ["seq"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "seq"], name="one_event_per_number")]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class RequestTag(models.Model):
    """One tag of a request, by which lists find it. The request's own column has them all, in their order.

    Owner and moment are those of the request, so that an index has the newest requests with a tag, sorted.
    """

    # No constraint of the database: the release before deletes requests and does not know this table.
    request = models.ForeignKey(
        AsyncRequest, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    tag = models.CharField(max_length=64)
    tenant_id = models.CharField(max_length=128)
    user_id = models.CharField(max_length=150)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "tag"], name="one_row_per_tag")]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "user_id", "tag", "-created_at", "-request"], name="tagged_of_user"),
            models.Index(fields=["tenant_id", "tag", "-created_at", "-request"], name="tagged_of_tenant"),
            # The admin's list.
            models.Index(fields=["tag", "-created_at", "-request"], name="newest_tagged"),
        ]

    def __str__(self) -> str:
        return self.tag


class BulkSlice(models.Model):
    """Some items of a bulk request, in order: the part that one attempt takes at a time.

    It is held by the attempt that took it last, for as long as that attempt runs; then anybody's of the same bulk.
    """

    request = models.ForeignKey(AsyncRequest, on_delete=models.CASCADE, related_name="slices", db_index=False)
    number = models.PositiveIntegerField()
    first = models.PositiveIntegerField(help_text="The index of its first item.")
    size = models.PositiveIntegerField()
    items = models.JSONField()
    done = models.PositiveIntegerField(default=0, help_text="Items that have their outcome.")
    failed = models.PositiveIntegerField(default=0)
    is_done = models.BooleanField(default=False)
    takes = models.PositiveIntegerField(default=0, help_text="How often it was taken; fences all writes.")
    holder = models.UUIDField(null=True, help_text="The request that took it last: the bulk's own, or one that shares.")
    holder_token = models.UUIDField(null=True)
    interrupted_at = models.PositiveIntegerField(null=True, help_text="How many were done when a holder was lost.")
    stored_bytes = models.PositiveBigIntegerField(default=0, db_default=0, help_text="Of its items and their outcomes.")
    keys_of = models.UUIDField(null=True, help_text="The bulk whose id gives the items their ids. None: its own.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "number"], name="one_slice_per_number")]

    def __str__(self) -> str:
        return f"items {self.first}-{self.first + self.size - 1}"


class BulkOutcome(models.Model):
    """The outcome of one item of a bulk request."""

    request = models.ForeignKey(AsyncRequest, on_delete=models.CASCADE, related_name="outcomes", db_index=False)
    index = models.PositiveIntegerField()
    result = models.JSONField(null=True)
    error = models.JSONField(null=True, help_text="None: it succeeded.")

    class Meta:
        ordering: ClassVar = ["index"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "index"], name="one_outcome_per_item")]

    def __str__(self) -> str:
        return f"item {self.index}"


class LimitedStart(models.Model):
    """The start of an attempt with a limit key, for as long as the limit per minute counts it."""

    limit_key = models.CharField(max_length=64)
    started_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["started_at", "limit_key"], name="limited_starts")]

    def __str__(self) -> str:
        return f"{self.limit_key} {self.started_at}"


class PausedAction(models.Model):
    """A pause: while its row exists, no waiting request of the action is started. Running ones run on."""

    action = models.CharField(max_length=64, primary_key=True)
    paused_at = models.DateTimeField("since", default=timezone.now)
    reason = models.CharField(max_length=255, blank=True, help_text="For other operators; clients do not see it.")
    paused_by = models.CharField("by", max_length=150, blank=True)

    class Meta:
        verbose_name = "pause"
        ordering: ClassVar = ["action"]

    def __str__(self) -> str:
        return self.action
