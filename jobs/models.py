"""The tables about requests: their rows, numbered events, bulk items and files; paused actions; datasets.

Rows of requests change only through conditional UPDATEs (``jobs.log.events``, ``jobs.queue.claims``), never through
``save()``.
"""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils import timezone


class Status(models.TextChoices):
    PENDING = "pending"
    PROCESSING = "processing"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


WAITING = (Status.PENDING, Status.RETRYING)
LIVE = (*WAITING, Status.PROCESSING)
FINAL = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


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
        help_text="The request whose work it shares. Clients see only that one.",
    )
    connection_id = models.UUIDField(null=True, blank=True, db_index=True, help_text="The connection it came over.")
    action = models.CharField(max_length=64)
    queue = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    metadata = models.JSONField(default=dict, help_text="The client's own notes, given back as they came.")
    priority = models.PositiveIntegerField(default=0, help_text="Seconds of head start in the queue.")
    estimated_seconds = models.FloatField(default=0)

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempt = models.PositiveIntegerField(default=0)
    attempt_token = models.UUIDField(null=True, blank=True)
    errors_count = models.PositiveIntegerField(default=0, help_text="Attempts that ended with an error.")
    lost_count = models.PositiveIntegerField(default=0, help_text="Attempts whose worker was lost.")
    worker = models.CharField(max_length=128, blank=True)
    percentage = models.FloatField(default=0)
    message = models.TextField(blank=True)
    last_seq = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True, blank=True)
    error = models.JSONField(null=True, blank=True)
    resume_state = models.JSONField(null=True, blank=True, help_text="The last checkpoint, for the next attempt.")
    cache_key = models.CharField(
        max_length=64, null=True, blank=True, help_text="What its result may be given again for."
    )
    cached_from = models.UUIDField(null=True, blank=True, help_text="The earlier request whose result this is.")
    computed_at = models.DateTimeField(null=True, blank=True, help_text="When that one had come to its result.")

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
            models.UniqueConstraint(
                fields=["tenant_id", "user_id", "client_id"],
                condition=models.Q(client_id__isnull=False),
                name="one_request_per_client_id",
            )
        ]
        indexes: ClassVar = [
            # Not partial: SQLite cannot match a partial index against bound parameters.
            models.Index(fields=["status", "queue", "order_at"], name="waiting_requests"),
            models.Index(fields=["status", "lease_until"], name="running_requests"),
            models.Index(fields=["tenant_id", "user_id", "-created_at"], name="requests_of_user"),
            models.Index(fields=["-created_at"], name="newest_requests"),
            models.Index(fields=["finished_at"], name="finished_requests"),
            models.Index(fields=["action", "finished_at"], name="runs_of_action"),
            models.Index(fields=["changed_at"], name="changed_requests"),
            models.Index(fields=["cache_key", "finished_at"], name="kept_results"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {str(self.id)[:8]}"

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


class RequestEvent(models.Model):
    """One numbered fact about a request. Written by ``jobs.log.events.append`` alone."""

    request = models.ForeignKey(AsyncRequest, on_delete=models.CASCADE, related_name="events")
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


class BulkSlice(models.Model):
    """Some items of a bulk request, in order: the part that one attempt takes at a time.

    It is held by the attempt that took it last, for as long as that attempt runs; then anybody's of the same bulk.
    """

    request = models.ForeignKey(AsyncRequest, on_delete=models.CASCADE, related_name="slices")
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
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "number"], name="one_slice_per_number")]

    def __str__(self) -> str:
        return f"items {self.first}-{self.first + self.size - 1}"


class BulkOutcome(models.Model):
    """The outcome of one item of a bulk request."""

    request = models.ForeignKey(AsyncRequest, on_delete=models.CASCADE, related_name="outcomes")
    index = models.PositiveIntegerField()
    result = models.JSONField(null=True)
    error = models.JSONField(null=True, help_text="None: it succeeded.")

    class Meta:
        ordering: ClassVar = ["index"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "index"], name="one_outcome_per_item")]

    def __str__(self) -> str:
        return f"item {self.index}"


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


class Artifact(models.Model):
    """A file that a request produced. Its row exists only once the request has completed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(AsyncRequest, on_delete=models.CASCADE, null=True, related_name="artifacts")
    tenant_id = models.CharField(max_length=128)
    user_id = models.CharField(max_length=150)
    filename = models.CharField(max_length=255)
    media_type = models.CharField(max_length=127)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_name = models.CharField(max_length=512)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    notice_at = models.DateTimeField(null=True, blank=True, help_text="When its owner is told that it will expire.")
    noticed_at = models.DateTimeField(null=True, blank=True, help_text="When its owner was told so.")

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["-created_at"], name="newest_artifacts"),
            models.Index(fields=["storage_name"], name="artifacts_by_file"),
            models.Index(fields=["noticed_at", "notice_at"], name="artifacts_to_notice"),
            models.Index(fields=["tenant_id", "user_id", "notice_at"], name="notices_of_user"),
        ]

    def __str__(self) -> str:
        return self.filename


class DatasetRows(models.QuerySet["Dataset"]):
    """Datasets, some of which may be past their time: those exist for nobody, and the sweeper deletes them."""

    def living(self, now: datetime | None = None) -> "DatasetRows":
        return self.filter(models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=now or timezone.now()))

    def expired(self, now: datetime | None = None) -> "DatasetRows":
        return self.filter(expires_at__lte=now or timezone.now())


class Dataset(models.Model):
    """A table that a tenant uploaded. It is stored as Parquet, whatever format it came in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant_id = models.CharField(max_length=128)
    user_id = models.CharField(max_length=150, help_text="Who uploaded it; every user of the tenant may read it.")
    name = models.CharField(max_length=64)
    filename = models.CharField(max_length=255, help_text="As it was uploaded.")
    format = models.CharField(max_length=16, help_text="What was uploaded: csv, tsv, jsonl, parquet or excel.")
    uploaded_bytes = models.PositiveBigIntegerField()
    size_bytes = models.PositiveBigIntegerField(help_text="Stored; this counts against the tenant's quota.")
    sha256 = models.CharField(max_length=64, help_text="Of what was uploaded.")
    columns = models.JSONField(default=list, help_text="[{name, type, nulls}] in order; types are DuckDB's.")
    rows = models.PositiveBigIntegerField()
    sample = models.JSONField(default=list, help_text="The first rows, as objects.")
    notes = models.JSONField(default=list, help_text="What was mended or assumed when it was read.")
    storage_name = models.CharField(max_length=512)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)

    objects = DatasetRows.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "name"], name="one_dataset_per_name"),
        ]

    def __str__(self) -> str:
        return self.name
