"""The table of what operators did: in the admin, and by commands."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone


class OperatorAct(models.Model):
    """One act of an operator. An act on many requests keeps its place here, so that any process can go on with it."""

    class Via(models.TextChoices):
        ADMIN = "admin", "Admin"
        COMMAND = "command", "Command"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    verb = models.CharField(max_length=32)
    via = models.CharField("channel", max_length=8, choices=Via.choices)
    actor = models.CharField("by", max_length=255, help_text="A user of the admin, or the user and host of a command.")
    actor_key = models.CharField(max_length=64, blank=True, default="", help_text="The key of the admin's user.")
    target = models.CharField(max_length=500, help_text="What it was done to: a filter, an id, a name.")
    detail = models.CharField(max_length=255, blank=True, default="")
    selection = models.JSONField(default=dict, help_text="The requests that it is about.")
    argument = models.PositiveIntegerField(null=True, help_text="The new priority.")
    total = models.PositiveIntegerField(null=True, help_text="As counted before; an act on a filter may meet others.")
    is_total_least = models.BooleanField(default=False, help_text="There were more than were counted.")
    counts = models.JSONField(default=dict, help_text="Outcome → number.")
    made = models.JSONField(default=list, help_text="The first of the new requests.")
    place = models.JSONField(null=True, help_text="The last request that was reached.")
    begun_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    is_stopped = models.BooleanField(default=False, help_text="It ended before it had reached all.")
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)

    class Meta:
        verbose_name = "act"
        ordering: ClassVar = ["-begun_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["-begun_at", "-id"], name="newest_acts"),
            models.Index(fields=["target", "-begun_at"], name="acts_on_target"),
            models.Index(fields=["begun_at"], condition=models.Q(finished_at__isnull=True), name="unfinished_acts"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} of {self.target[:80]}"

    @property
    def reached(self) -> int:
        return sum(self.counts.values())
