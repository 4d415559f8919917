"""The tables of what operators order while the service runs: pauses of queues, and limits in place of the usual ones.

Pauses of actions are older, and beside the requests (``jobs.models.requests``).
"""

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone


class PausedQueue(models.Model):
    """A pause: while its row exists, no waiting request of the queue is started. Running ones run on."""

    queue = models.CharField(max_length=64, primary_key=True)
    paused_at = models.DateTimeField("since", default=timezone.now)
    reason = models.CharField(max_length=255, blank=True, help_text="For other operators; clients do not see it.")
    paused_by = models.CharField("by", max_length=150, blank=True)

    class Meta:
        verbose_name = "pause of a queue"
        verbose_name_plural = "queues"
        ordering: ClassVar = ["queue"]

    def __str__(self) -> str:
        return self.queue


class LimitKind(models.TextChoices):
    """The limits that operators may override (``jobs.queue.control.limits``)."""

    QUEUE = "queue", "requests of the queue that run at once"
    ACTION = "action", "requests of the action that run at once"
    KEY_RUNNING = "key_running", "requests of the action that run at once with one limit key"
    KEY_PER_MINUTE = "key_per_minute", "requests of the action that start in a minute with one limit key"
    TENANT = "tenant", "requests of the tenant that run at once; without a name, of each tenant"
    USER = "user", "requests of each user that run at once"


class LimitOverride(models.Model):
    """A limit that holds instead of the usual one, of the settings or the handler, as long as its row exists."""

    kind = models.CharField("limit", max_length=16, choices=LimitKind.choices)
    name = models.CharField(
        max_length=128, blank=True, help_text="The queue, action or tenant. Empty: each tenant, or each user."
    )
    number = models.PositiveIntegerField(validators=[MinValueValidator(1)], help_text="At least 1. For none, pause.")
    set_at = models.DateTimeField("since", default=timezone.now)
    set_by = models.CharField("by", max_length=150, blank=True)
    reason = models.CharField(max_length=255, blank=True, help_text="For other operators; clients do not see it.")

    class Meta:
        verbose_name = "limit"
        ordering: ClassVar = ["kind", "name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "name"], name="one_override_per_limit")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()


class Worker(models.Model):
    """A live worker, for the admin alone. It has no table: workers are known by their signs of life in Redis."""

    name = models.CharField(max_length=120, primary_key=True)

    class Meta:
        managed = False
        default_permissions = ("view",)
        permissions: ClassVar = [("drain_worker", "Can drain worker")]

    def __str__(self) -> str:
        return self.name
