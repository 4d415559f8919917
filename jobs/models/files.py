"""The tables of files: those that requests produce, and datasets."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils import timezone

from jobs.models.requests import AsyncRequest


class Artifact(models.Model):
    """A file that a request produced. Its row comes with the final message, that of a bulk's item with its outcome."""

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
            # The admin's list of a user or a tenant, and its search.
            models.Index(fields=["user_id", "-created_at", "-id"], name="artifacts_by_user"),
            models.Index(fields=["tenant_id", "-created_at", "-id"], name="artifacts_by_tenant"),
            models.Index(fields=["filename"], name="artifacts_by_name"),
            models.Index(fields=["sha256"], name="artifacts_by_content"),
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
