"""The tables of what tenants use, against their quotas."""

from typing import ClassVar

from django.db import models


class StoredBytes(models.Model):
    """A part of what a tenant stores. The sum of its entries is what it uses of its quota (``jobs.usage.stored``)."""

    tenant_id = models.CharField(max_length=128)
    size_bytes = models.BigIntegerField(help_text="Less than 0 for what was deleted.")
    counted_at = models.DateTimeField(
        null=True, help_text="When all that the tenant stores was counted for this entry."
    )

    class Meta:
        verbose_name_plural = "stored bytes"
        indexes: ClassVar = [models.Index(fields=["tenant_id", "size_bytes"], name="bytes_of_tenant")]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.size_bytes}"


class UsageEntry(models.Model):
    """A part of what a tenant used on a day, until the sweeper adds it to the ``DailyUsage``."""

    tenant_id = models.CharField(max_length=128)
    day = models.DateField(help_text="In UTC.")
    requests = models.PositiveIntegerField(default=0)
    worker_seconds = models.FloatField(default=0)
    bytes_written = models.BigIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "usage entries"
        indexes: ClassVar = [models.Index(fields=["tenant_id", "day"], name="usage_entries_of_tenant")]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.day}"


class DailyUsage(models.Model):
    """The sums of what a tenant used on a day, but for the entries that are not added yet."""

    tenant_id = models.CharField("tenant", max_length=128)
    day = models.DateField(help_text="In UTC.")
    requests = models.PositiveBigIntegerField(default=0, help_text="Stored; inline ones are not counted.")
    worker_seconds = models.FloatField(default=0)
    bytes_written = models.BigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0, help_text="Requests that a limit kept from being stored.")

    class Meta:
        verbose_name_plural = "daily usage"
        ordering: ClassVar = ["-day", "tenant_id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id", "day"], name="one_usage_per_day")]
        indexes: ClassVar = [models.Index(fields=["-day", "tenant_id"], name="usage_by_day")]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.day}"


class TenantQuota(models.Model):
    """The daily quotas of one tenant, in place of those of the settings."""

    tenant_id = models.CharField("tenant", max_length=128, primary_key=True)
    requests = models.PositiveBigIntegerField(null=True, blank=True, help_text="Empty: as the settings say. 0: none.")
    worker_seconds = models.PositiveBigIntegerField(null=True, blank=True, help_text="As above.")
    bytes_written = models.PositiveBigIntegerField(null=True, blank=True, help_text="As above.")

    class Meta:
        verbose_name = "daily quota of a tenant"
        verbose_name_plural = "daily quotas of tenants"
        ordering: ClassVar = ["tenant_id"]

    def __str__(self) -> str:
        return self.tenant_id
