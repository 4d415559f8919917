"""The tables of the socket side: memberships of users, and open and closed connections."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class Membership(models.Model):
    """Ties a Django user to a tenant, for the tokens that ``/api/token/`` issues.

    Tokens of another issuer bring tenant and permissions themselves and need no row here.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membership")
    tenant_id = models.CharField(max_length=128)
    permissions = models.JSONField(
        default=list, blank=True, help_text='A list of permission names, for example ["reports.generate"]; "*" is all.'
    )

    def __str__(self) -> str:
        return f"{self.user} at {self.tenant_id}"


class Connection(models.Model):
    """One WebSocket, open or closed.

    A record for operators. It decides only about the connection limit, and about connections that an operator ends.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant_id = models.CharField(max_length=128)
    user_id = models.CharField(max_length=150)
    permissions = models.JSONField(default=list)
    address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)
    server = models.CharField(max_length=128, help_text="The web process that holds the socket.")
    connected_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    messages_in = models.PositiveBigIntegerField(default=0)
    messages_out = models.PositiveBigIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)
    close_code = models.PositiveIntegerField(null=True, blank=True)
    close_reason = models.CharField(max_length=64, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="When an operator wanted it to end.")

    class Meta:
        ordering: ClassVar = ["-connected_at"]
        indexes: ClassVar = [
            models.Index(fields=["server"], condition=models.Q(closed_at__isnull=True), name="open_connections"),
            models.Index(
                fields=["tenant_id", "user_id"],
                condition=models.Q(closed_at__isnull=True),
                name="open_connections_of_user",
            ),
            models.Index(
                fields=["server"],
                condition=models.Q(closed_at__isnull=True, revoked_at__isnull=False),
                name="revoked_connections",
            ),
            models.Index(fields=["-connected_at"], name="newest_connections"),
            models.Index(fields=["closed_at"], name="ended_connections"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {str(self.id)[:8]}"
