"""The tables of what came of requests, and of the service as a whole, minute by minute."""

from typing import ClassVar

from django.db import models


class RequestMinute(models.Model):
    """The requests of an action that ended with one status in one minute (``jobs.metrics.minutes``).

    The row without a minute holds the sums of all minutes, those included that are deleted.
    """

    minute = models.DateTimeField(null=True, help_text="When it began. Empty: the sums since the first.")
    action = models.CharField(max_length=64)
    status = models.CharField(max_length=10)
    code = models.CharField(max_length=32, blank=True, default="", help_text="The error's code, of those that failed.")
    count = models.PositiveBigIntegerField()
    retries = models.PositiveBigIntegerField()
    lost = models.PositiveBigIntegerField(help_text="Attempts whose worker was lost.")
    waited = models.JSONField(help_text="Seconds until the first start: the count in each bucket, and the sum.")
    ran = models.JSONField(help_text="Seconds from the first start to the end, as above.")

    class Meta:
        ordering: ClassVar = ["-minute", "action", "status"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["minute", "action", "status", "code"], name="one_row_per_minute"),
            models.UniqueConstraint(
                fields=["action", "status", "code"], condition=models.Q(minute=None), name="one_row_of_sums"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.status} {self.minute or 'in all'}"


class ServiceMinute(models.Model):
    """The whole service in one minute (``jobs.metrics.service``), so that a month is drawn from few rows."""

    minute = models.DateTimeField(unique=True, help_text="When it began.")
    lag_seconds = models.FloatField(null=True, help_text="The longest wait that was seen. Empty: nobody looked.")
    submitted = models.PositiveBigIntegerField()
    completed = models.PositiveBigIntegerField()
    failed = models.PositiveBigIntegerField()
    cancelled = models.PositiveBigIntegerField()
    waited = models.JSONField(help_text="As that of the requests' minutes.")
    ran = models.JSONField(help_text="As that of the requests' minutes.")

    class Meta:
        ordering: ClassVar = ["-minute"]

    def __str__(self) -> str:
        return str(self.minute)
